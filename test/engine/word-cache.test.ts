import fc from "fast-check";
import { expect, it } from "vitest";
import { WordCache } from "../../src/engine/word-cache.ts";

const word = fc.string({ unit: fc.constantFrom("a", "b", "é", "京"), minLength: 1, maxLength: 6 });

it("finds each word's own value wherever it stands, as a map would", () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 800, maxLength: 1600 }), (list) => {
      const cache = new WordCache<number>();
      const expected = new Map<string, number>();
      const text = list.join(" ");
      let start = 0;
      for (const each of list) {
        const end = start + each.length;
        expect(cache.get(text, start, end)).toBe(expected.get(each));
        if (!expected.has(each)) cache.add(each, expected.size);
        if (!expected.has(each)) expected.set(each, expected.size);
        start = end + 1;
      }
      expect(cache.size).toBe(expected.size);
    }),
    { seed: 8, numRuns: 20, endOnFailure: true },
  );
});
