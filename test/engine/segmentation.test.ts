import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eachWord, eachWordGenerally, type TakeWord } from "../../src/engine/segmentation.ts";

type Each = (text: string, take: TakeWord, takeIdeographs: TakeWord) => void;

function found(each: Each, text: string): string[] {
  const words: string[] = [];
  each(
    text,
    (start, end) => void words.push(`${start} ${text.slice(start, end)}`),
    (start, end) => void words.push(`${start} [${text.slice(start, end)}]`),
  );
  return words;
}

const signs = fc.constantFrom(
  ..."abcXYZ019 \t\n._',;:#+-’\"“”…–éßñøŁжЙёΩλ½²₂①日本カー한ไทย\u0301\u200d\ufe0f👍🏽❤🇩🇪©ª·ﬁ\ud800",
);

describe("words", () => {
  test("are the same by the table and by the segmenter", () => {
    fc.assert(
      fc.property(fc.string({ unit: signs, maxLength: 40 }), (text) => {
        expect(found(eachWord, text)).toEqual(found(eachWordGenerally, text));
      }),
      { seed: 1, numRuns: 4000, endOnFailure: true },
    );
  });

  test("are the same in texts longer than one stretch of the general path", () => {
    fc.assert(
      fc.property(fc.string({ unit: signs, minLength: 300, maxLength: 900 }), (text) => {
        expect(found(eachWord, text)).toEqual(found(eachWordGenerally, text));
      }),
      { seed: 2, numRuns: 100, endOnFailure: true },
    );
  });

  test.each([
    ["C++ and C#, not C+ or #tag", ["C++", "and", "C#", "not", "C", "or", "tag"]],
    ["3.14 1100 1,000 2nd", ["3.14", "1100", "1,000", "2nd"]],
    ["don't o’clock U.S.A. x_y", ["don't", "o’clock", "U.S.A", "x_y"]],
    ["H₂O, C₁₂H₂₂O₁₁: x² wind¹", ["H₂O", "C₁₂H₂₂O₁₁", "x", "²", "wind", "¹"]],
    ["key:value a-b e-mail", ["key", "value", "a", "b", "e", "mail"]],
    ["I ❤️ 👍🏽 🇩🇪!", ["I", "❤️", "👍🏽", "🇩🇪"]],
    ["год ёлка Straße", ["год", "ёлка", "Straße"]],
    ["___ ... --- +++", []],
  ])("of %j", (text, words) => {
    expect(found(eachWord, text).map((word) => word.slice(word.indexOf(" ") + 1))).toEqual(words);
  });

  test("leave runs of ideographs and kana whole", () => {
    expect(found(eachWord, "go 東京タワー now")).toEqual(["0 go", "3 [東京タワー]", "9 now"]);
  });
});
