import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseMerge, chooseQuietMerge, type TierSegment } from "../../src/engine/tiers.ts";

const added = fc.array(fc.integer({ min: 1, max: 8000 }), { minLength: 1, maxLength: 150 });

/** Adds segments one by one and merges whatever is chosen, until nothing is. */
function grow(sizes: readonly number[]): { segments: TierSegment[]; rewritten: number } {
  let segments: TierSegment[] = [];
  let rewritten = 0;
  for (const documents of sizes) {
    segments.push({ documents, deleted: 0, sizeBytes: documents * 300 });
    for (let chosen = chooseMerge(segments); chosen !== undefined; chosen = chooseMerge(segments)) {
      const places = new Set(chosen);
      const merged = segments.filter((_segment, place) => places.has(place));
      const living = merged.reduce((sum, segment) => sum + segment.documents - segment.deleted, 0);
      rewritten += living;
      segments = segments.filter((_segment, place) => !places.has(place));
      segments.push({ documents: living, deleted: 0, sizeBytes: living * 300 });
    }
  }
  return { segments, rewritten };
}

test("merging keeps segments few, and a document is rewritten only a few times", () => {
  fc.assert(
    fc.property(added, (sizes) => {
      const { segments, rewritten } = grow(sizes);
      const documents = sizes.reduce((sum, size) => sum + size, 0);
      const tiers = 2 + Math.ceil(Math.log(Math.max(1, documents / 2000)) / Math.log(4));
      expect(segments.length).toBeLessThanOrEqual(5 * tiers);
      expect(rewritten).toBeLessThanOrEqual(documents * (tiers + 1));
    }),
    { seed: 21, numRuns: 300 },
  );
});

test("a segment that is mostly deleted is rewritten by itself", () => {
  const segment = { documents: 100, deleted: 0, sizeBytes: 1 };
  expect(chooseMerge([segment, { ...segment, deleted: 31 }])).toEqual([1]);
  expect(chooseMerge([segment, { ...segment, deleted: 30 }])).toBeUndefined();
});

test("what would not fit in memory together is left alone", () => {
  const huge = { documents: 1_000_000, deleted: 0, sizeBytes: 900_000_000 };
  expect(chooseMerge(Array.from({ length: 12 }, () => huge))).toBeUndefined();
});

test("in a quiet time a shard becomes one segment, unless its largest would be rewritten for a trifle", () => {
  fc.assert(
    fc.property(added, (sizes) => {
      const { segments } = grow(sizes);
      const left = new Set(segments.keys());
      for (const place of chooseQuietMerge(segments) ?? []) left.delete(place);
      const documents = segments.map((segment) => segment.documents);
      const largest = Math.max(...documents);
      const others = documents.reduce((sum, count) => sum + count, 0) - largest;
      if (segments.length > 1 && largest <= 8 * others) expect(left.size).toBe(0);
      else expect(left).toContain(documents.indexOf(largest));
    }),
    { seed: 22, numRuns: 300 },
  );
});
