import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startOf } from "../../src/engine/ends.ts";
import { bytesOf, pickStrings, type StringBytes } from "../../src/engine/string-bytes.ts";
import { StringTable } from "../../src/engine/string-table.ts";

const few = fc.string({ unit: fc.constantFrom("a", "b", "é", "京", "👍"), maxLength: 4 });
const strings = fc.oneof(
  fc.array(few, { maxLength: 40 }),
  fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { minLength: 1500, maxLength: 2500 }),
);

function read({ bytes, ends }: StringBytes): string[] {
  return Array.from(ends, (end, i) => Buffer.from(bytes.subarray(startOf(ends, i), end)).toString());
}

describe("strings as bytes", () => {
  it("read back as they were, and picked in any order", () => {
    fc.assert(
      fc.property(strings, fc.infiniteStream(fc.nat()), (list, numbers) => {
        const packed = bytesOf(list);
        expect(read(packed)).toEqual(list);
        const places = list.length === 0 ? [] : [...numbers.take(20)].map((number) => number % list.length);
        expect(read(pickStrings(packed, places))).toEqual(places.map((place) => list[place]));
      }),
      { seed: 5, numRuns: 60, endOnFailure: true },
    );
  });

  it("are numbered as a map numbers them, as they come", () => {
    fc.assert(
      fc.property(strings, (list) => {
        const table = new StringTable();
        const expected = new Map<string, number>();
        const { bytes, ends } = bytesOf(list);
        list.forEach((string, i) => {
          if (!expected.has(string)) expected.set(string, expected.size);
          expect(table.numberOf(bytes, startOf(ends, i), ends[i] ?? 0)).toBe(expected.get(string));
        });
        expect(read(table.strings)).toEqual([...expected.keys()]);
      }),
      { seed: 6, numRuns: 60, endOnFailure: true },
    );
  });
});
