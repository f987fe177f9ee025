import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ShardFacet } from "../../src/protocol/link.ts";
import type { IndexSettings } from "../../src/protocol/settings.ts";
import { type FacetAnswer, mergeFacets } from "../../src/root/facets.ts";

const settings: IndexSettings = {
  fields: { word: { type: "keyword" }, day: { type: "date" }, flag: { type: "boolean" } },
  shards: 1,
  replicas: 1,
  language: "en",
  bm25: { k1: 1.2, b: 0.75 },
  placementSalt: 0,
};

/** One shard's true counts; how many of the values it lists; how many matches it did not count; whether it is heard. */
const shardTruth = fc.record({
  counts: fc.dictionary(
    fc.constantFrom("a", "b", "c", "d", "e", "f", "constructor"),
    fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 2)),
  ),
  listed: fc.nat(8),
  uncounted: fc.constantFrom<number[]>(0, 0, 0, 1, 5),
  heard: fc.constantFrom(true, true, true, true, false),
});
type ShardTruth = typeof shardTruth extends fc.Arbitrary<infer T> ? T : never;

/** What an honest leaf that counted all but `uncounted` matches of each value, and listed the best, would send. */
function told({ counts, listed, uncounted }: ShardTruth): ShardFacet {
  const counted = Object.entries(counts)
    .map(([value, count]): [string, number] => [value, Math.max(0, count - uncounted)])
    .filter(([, count]) => count > 0)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return {
    values: counted.slice(0, listed),
    missing: 0,
    // The least count that is listed, as leaves tell it: others may have as many.
    rest: (counted.length > listed ? (counted[listed - 1]?.[1] ?? 9) : 0) + uncounted,
    error: uncounted,
  };
}

function answerOf(shards: readonly ShardTruth[], size: number): FacetAnswer {
  const heard = shards.filter((shard) => shard.heard);
  const unheardDocuments = shards
    .filter((shard) => !shard.heard)
    .reduce((sum, { counts }) => sum + Math.max(0, ...Object.values(counts)), 0);
  const sources = { shards: heard.map((shard) => [told(shard)]), unheardDocuments };
  const answer = mergeFacets([{ field: "word", size }], sources, settings).word;
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

function truth(shards: readonly ShardTruth[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const shard of shards) {
    for (const [value, count] of Object.entries(shard.counts)) counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return counts;
}

describe("merged facets", () => {
  test("err by no more than they say, and are right when they say so", () => {
    let exact = 0;
    let inexact = 0;
    fc.assert(
      fc.property(
        fc.array(shardTruth, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1, 2, 3, 10),
        (shards, size) => {
          const answer = answerOf(shards, size);
          const counts = truth(shards);
          for (const { value, count, errorMax } of answer.buckets) {
            const real = counts.get(String(value)) ?? 0;
            expect(count).toBeLessThanOrEqual(real);
            expect(real - count).toBeLessThanOrEqual(errorMax);
          }
          if (answer.exact) exact++;
          else inexact++;
          if (!answer.exact) return;
          const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, size);
          expect(answer.buckets).toEqual(ranked.map(([value, count]) => ({ value, count, errorMax: 0 })));
        },
      ),
      { seed: 41, numRuns: 10_000 },
    );
    expect(Math.min(exact, inexact)).toBeGreaterThan(1000);
  });

  test("are exact when every shard tells all", () => {
    fc.assert(
      fc.property(
        fc.array(shardTruth, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        (shards, size) => {
          const whole = shards.map((shard) => ({ ...shard, listed: 8, uncounted: 0, heard: true }));
          expect(answerOf(whole, size).exact).toBe(true);
        },
      ),
      { seed: 42, numRuns: 300 },
    );
  });

  test("are exact where one shard knows every count, however many values have as many", () => {
    fc.assert(
      fc.property(shardTruth, fc.integer({ min: 1, max: 7 }), fc.nat(3), (shard, size, more) => {
        const whole = { ...shard, listed: size + more, uncounted: 0, heard: true };
        expect(answerOf([whole], size).exact).toBe(true);
      }),
      { seed: 43, numRuns: 500 },
    );
  });

  test("are inexact where a shard could not rank its values: others may have as many and come first", () => {
    const facet: ShardFacet = { values: [["b", 1]], missing: 0, rest: 2, error: 0 };
    const sources = { shards: [[facet]], unheardDocuments: 0 };
    expect(mergeFacets([{ field: "word", size: 1 }], sources, settings).word?.exact).toBe(false);
  });

  test("show values as callers wrote them, and add up what has none", () => {
    const shard = (values: [number, number][]): ShardFacet => ({ values, missing: 2, rest: 0, error: 0 });
    const facets = [
      { field: "day", size: 10 },
      { field: "flag", size: 10 },
    ];
    const shards = [
      [shard([[0, 1]]), shard([[1, 4]])],
      [shard([[0, 2]]), shard([[0, 5]])],
    ];
    expect(mergeFacets(facets, { shards, unheardDocuments: 0 }, settings)).toEqual({
      day: { exact: true, missing: 4, buckets: [{ value: "1970-01-01T00:00:00.000Z", count: 3, errorMax: 0 }] },
      flag: {
        exact: true,
        missing: 4,
        buckets: [
          { value: false, count: 5, errorMax: 0 },
          { value: true, count: 4, errorMax: 0 },
        ],
      },
    });
  });
});
