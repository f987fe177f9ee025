import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { eachIdeograph, isAttached } from "../../src/engine/ideographs.ts";
import { eachWord, type TakeWord } from "../../src/engine/segmentation.ts";
import { eachWordGenerally, ideographsOf } from "./general-words.ts";

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

const usual = "abcXYZ019 \t\n._',;:#+-’\"“”…–éßñøŁжЙёΩλ½²₂①日本カー한ไทย\u0301\u200d\ufe0f👍🏽❤🇩🇪©ª·ﬁ\ud800";
/** Signs around which ideographs, what is of full or half width, and what only the segmenter knows meet. */
const eastern =
  "漢字かなカナー々〇〻㐀豈𠀀𠀁a1_.:,;'#+₂Ａｚ０９．，；：＇＿、。「」・！（）～　〜※→①㊗〰〽ㄅ한ᄒ\u11ab\u302e" +
  'ｶﾞﾊﾟｰ\uff9e\u3099\u309a\u0301\u093e\u200b\u200d\u2060\ufe0f\ufff9\u{e0100}\u{e0067}🏽👩🚀🇩🇪של"ภา𝐀\ud842\udc00 \r\n';

describe("words", () => {
  test.each([
    ["all kinds of signs", { unit: fc.constantFrom(...usual), maxLength: 40 }, 4000],
    [
      "more than the general path takes at once",
      { unit: fc.constantFrom(...usual), minLength: 300, maxLength: 900 },
      100,
    ],
    ["ideographs and other signs", { unit: fc.constantFrom(...eastern), maxLength: 40 }, 6000],
    ["many of these", { unit: fc.constantFrom(...eastern), minLength: 300, maxLength: 1500 }, 150],
    ["whatever there is", { unit: "binary", maxLength: 60 }, 1000],
  ] as const)("of %s are the same by the table and by the segmenter", (_, strings, numRuns) => {
    fc.assert(
      fc.property(fc.string(strings), (text) => {
        expect(found(eachWord, text)).toEqual(found(eachWordGenerally, text));
      }),
      { seed: 1, numRuns, endOnFailure: true },
    );
  });

  test("are the same beside long stretches without a space", () => {
    const part = fc.tuple(
      fc.string({ unit: fc.constantFrom(...eastern), maxLength: 8 }),
      fc.integer({ max: 300, min: 1 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const text = parts.map(([signs, times]) => signs.repeat(times)).join("");
        expect(found(eachWord, text)).toEqual(found(eachWordGenerally, text));
      }),
      { seed: 2, numRuns: 200, endOnFailure: true },
    );
  });

  test("are the same around each sign of the basic plane", () => {
    for (let first = 0; first < 0x1_0000; first += 0x100) {
      // Thousands of a kind follow each other: ideographs, Hangul, surrogates and signs for private use.
      const isAlike =
        (first > 0x3400 && first < 0x9f00) || (first > 0xab00 && first < 0xd700) || (first >= 0xd800 && first < 0xf900);
      const step = isAlike ? 16 : 1;
      const around = Array.from({ length: 0x100 / step }, (_, i) => {
        const sign = String.fromCharCode(first + i * step + (step - 1) * (i % 2));
        return `a${sign}a${sign}1${sign}1 漢${sign}漢${sign}${sign} _${sign} C#${sign} C++${sign}, ${sign}\u0301`;
      });
      const text = around.join(" ");
      expect(found(eachWord, text), `signs from ${first.toString(16)}`).toEqual(found(eachWordGenerally, text));
    }
  });

  test("are segmented a stretch at a time where runs of ideographs part them", () => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, "segment");
    try {
      for (const text of ["2023年12月25日、", "漢a", "漢한", "漢①", "漢\u0301①", "ｶﾞa", "漢𝐀"]) {
        segment.mockClear();
        const long = text.repeat(1000);
        eachWord(
          long,
          () => undefined,
          () => undefined,
        );
        expect(segment.mock.calls.length, text).toBeLessThanOrEqual(Math.ceil(long.length / 256));
      }
    } finally {
      segment.mockRestore();
    }
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

describe("ideographs", () => {
  test("keep the marks that belong to them", () => {
    const unit = fc.constantFrom(..."漢かカー々𠀀ｶﾊ\uff9e\uff9f\u3099\u0301\u302e\u200d\ufe0f\u{e0100}");
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 30 }), (signs) => {
        const run = `漢${signs}`;
        const parts: string[] = [];
        eachIdeograph(run, (start, end) => void parts.push(run.slice(start, end)));
        expect(parts).toEqual(ideographsOf(run));
      }),
      { seed: 3, numRuns: 1000, endOnFailure: true },
    );
  });

  test("have no other marks than Unicode says", () => {
    for (let code = 0; code < 0x11_0000; code++) {
      const sign = String.fromCodePoint(code);
      if (isAttached(sign, 0) !== (ideographsOf(`漢${sign}`).length === 1)) throw new Error(`U+${code.toString(16)}`);
    }
  });
});
