import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editsBetween, editsBetweenLetters } from "../../src/query/edits.ts";
import { NearWords } from "../../src/query/near-words.ts";
import { SortedWords } from "../../src/query/sorted-words.ts";
import { plainEdits } from "./plain-edits.ts";

const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "я"), minLength: 1, maxLength: 11 });
/** Among Adlam letters, which have their first unit in common, others beyond the basic plane, and half a letter. */
const wideWord = fc.string({
  unit: fc.constantFrom("a", "𞤀", "𞤁", "𞤂", "𠀀", "🌊", "\ud83a"),
  minLength: 1,
  maxLength: 11,
});

describe("edits between two words", () => {
  it.each([
    ["", "", 0],
    ["wind", "wind", 0],
    ["wind", "wnid", 1],
    ["wind", "widn", 1],
    ["wind", "win", 1],
    ["wind", "windy", 1],
    ["wind", "wand", 1],
    ["wind", "", 4],
    ["ca", "abc", 3],
    ["anemometer", "anenometr", 2],
  ])("from %j to %j are %d", (from, to, edits) => {
    expect(editsBetween(from, to, 9)).toBe(edits);
    expect(editsBetween(to, from, 9)).toBe(edits);
  });

  it("are those of the plain table, as far as they are asked for", () => {
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 4 }), (from, to, editsMax) => {
        expect(editsBetween(from, to, editsMax)).toBe(Math.min(editsMax + 1, plainEdits(from, to)));
      }),
      { seed: 81, numRuns: 20_000 },
    );
  });

  it("are those of the plain table where letters take two units, too", () => {
    fc.assert(
      fc.property(wideWord, wideWord, fc.integer({ min: 0, max: 4 }), (from, to, editsMax) => {
        expect(editsBetweenLetters(from, to, editsMax)).toBe(Math.min(editsMax + 1, plainEdits(from, to)));
      }),
      { seed: 83, numRuns: 10_000 },
    );
  });
});

describe("near words", () => {
  it("are all that comparing every word would find, however many there are", () => {
    const either = fc.oneof(word, wideWord);
    fc.assert(
      fc.property(
        fc.uniqueArray(either, { minLength: 0, maxLength: 700 }),
        fc.array(either, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0, 1, 2),
        (words, asked, most) => {
          const near = new NearWords(words);
          for (const number of words.keys()) near.add(number);
          for (const misspelt of asked) {
            const expected = words.flatMap((other, number) => {
              const edits = plainEdits(misspelt, other);
              return edits <= most ? [{ word: number, edits }] : [];
            });
            expect(near.near(misspelt, most).sort((a, b) => a.word - b.word)).toEqual(expected);
          }
        },
      ),
      { seed: 82, numRuns: 40 },
    );
  });

  it("are found across blocks", () => {
    const words = Array.from({ length: 20_000 }, (_, i) => i.toString(7));
    const near = new NearWords(words);
    for (const number of words.keys()) near.add(number);
    for (const asked of ["0", "1234", "66666", "112045"]) {
      const expected = words.filter((other) => plainEdits(asked, other) <= 1);
      const found = near.near(asked, 1).map((each) => words[each.word] ?? "");
      expect(found.sort()).toEqual(expected.sort());
    }
  });
});

describe("sorted words", () => {
  it("know every word that begins with a prefix", () => {
    const words = Array.from({ length: 9000 }, (_, i) => ((i * 7919) % 20_011).toString(5));
    const sorted = new SortedWords(words);
    words.forEach((_word, number) => {
      sorted.add(number);
      if (number % 1500 !== 0) return;
      for (const prefix of ["", "1", "20", "333", "4444", "99"]) {
        const found: string[] = [];
        sorted.eachBeginning(prefix, (each) => void found.push(words[each] ?? ""));
        expect(found.sort()).toEqual(
          words
            .slice(0, number + 1)
            .filter((each) => each.startsWith(prefix))
            .sort(),
        );
      }
    });
  });
});
