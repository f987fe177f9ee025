import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coverageOf, type ShardShare } from "../../src/policy/coverage.ts";

/** A shard that answered with a part of its documents, one that is missing, and one of which little is known. */
const answered = fc
  .tuple(fc.nat(1_000), fc.nat(1_000))
  .map(([a, b]): ShardShare => ({ documents: Math.min(a, b), documentsTotal: Math.max(a, b), totalCertain: true }));
const missing = fc
  .tuple(fc.constantFrom(0, 0, 1, 7, 100, 1_000_000), fc.boolean())
  .map(([documentsTotal, totalCertain]): ShardShare => ({ documents: 0, documentsTotal, totalCertain }));
const shards = fc.array(fc.oneof(answered, missing), { minLength: 1, maxLength: 9 });

/** The shard has nothing left that could have been searched, for certain. */
function isCovered({ documents, documentsTotal, totalCertain }: ShardShare): boolean {
  return totalCertain && documents === documentsTotal;
}

describe("the coverage of an index", () => {
  test("is a share, and whole only where nothing that is missing may hold anything", () => {
    fc.assert(
      fc.property(shards, (shares) => {
        const coverage = coverageOf(shares);
        expect(coverage).toBeGreaterThanOrEqual(0);
        expect(coverage).toBeLessThanOrEqual(1);
        expect(coverage === 1).toBe(shares.every(isCovered));
      }),
      { seed: 51, numRuns: 3000 },
    );
  });

  test("rises by a complete answer of a shard of which little was known, and never falls by one", () => {
    const whole = answered.map((share): ShardShare => ({ ...share, documents: share.documentsTotal }));
    const others = fc.array(fc.oneof(answered, whole, whole, missing, missing), { maxLength: 9 });
    fc.assert(
      fc.property(others, missing, fc.constantFrom(0, 1, 90, 110, 5_000), (shares, open, documents) => {
        const before = coverageOf([...shares, open]);
        const after = coverageOf([...shares, { documents, documentsTotal: documents, totalCertain: true }]);
        if (documents > 0 && !open.totalCertain) expect(after).toBeGreaterThan(before);
        else expect(after).toBeGreaterThanOrEqual(before - 1e-12);
      }),
      { seed: 52, numRuns: 3000 },
    );
  });

  test("takes a shard of which little is known for as large as its siblings, or as it was", () => {
    const whole = { documents: 100, documentsTotal: 100, totalCertain: true };
    const unknown = { documents: 0, documentsTotal: 0, totalCertain: false };
    expect(coverageOf([whole, whole, unknown, unknown])).toBe(0.5);
    expect(coverageOf([whole, { ...unknown, documentsTotal: 2 }])).toBe(0.5);
    expect(coverageOf([whole, { ...unknown, documentsTotal: 300 }])).toBe(0.25);
    expect(coverageOf([unknown, unknown])).toBe(0);
    expect(coverageOf([whole, { ...unknown, totalCertain: true }])).toBe(1);
  });
});
