import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnalyzer, type Token } from "../../src/engine/analyzer.ts";
import { tokensByStretches } from "../../src/engine/token-stretches.ts";

const vocabularies = {
  latin: ["wind", "measuring", "the", "C++", "dog's", "été", "x.y", "Ω"],
  digits: ["7", "1,000", "3.5", "٣", "๒๓", "၁"],
  thai: ["ความ", "ประเทศไทย", "มหาวิทยาลัย", "ลม", "และ", "ที่", "มา", "ตา", "กลม", "ตาก", "พระ", "ฯ", "ๆ", "ก", "ง"],
  lao: ["ປະເທດລາວ", "ພາສາ", "ລາວ", "ນ້ຳ", "ລົມ", "ແລະ", "ທີ່", "ມາ", "ໂຮງຮຽນ", "ກ", "ຂ"],
  khmer: ["ប្រទេស", "កម្ពុជា", "ភាសា", "ខ្មែរ", "ទឹក", "ខ្យល់", "និង", "ជា", "មក", "សាលា", "ក", "ខ"],
  burmese: ["မြန်မာ", "နိုင်ငံ", "ဘာသာ", "စကား", "ရေ", "လေ", "၏", "တွင်", "သွား", "လာ", "ကျောင်းသား", "က", "ဂ"],
  han: ["漢", "字", "東京", "猫", "𠮷", "々"],
  kana: ["か", "タワー", "ｶﾞ", "いろは", "が"],
  hangul: ["한국", "어", "바람", "ᄒ"],
  emoji: ["😀", "👩‍🚀", "🇩🇪", "🇫🇷", "☀️"],
  others: [" ", " ", ", ", "\n", "-", ":", "(", "。", "\u200b"],
};

const chunk = (script: keyof typeof vocabularies, maxLength: number) =>
  fc.array(fc.constantFrom(...vocabularies[script]), { minLength: 1, maxLength }).map((words) => words.join(""));
const scripts = ["latin", "digits", "thai", "lao", "khmer", "burmese", "han", "kana", "hangul", "emoji"] as const;
const dictionaryScripts = ["thai", "lao", "khmer", "burmese"] as const;

/** Mostly of short runs, as quotations in other scripts are; some are longer than a stretch. */
const mixedText = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...scripts).chain((script) => chunk(script, 12)) },
      { weight: 3, arbitrary: chunk("others", 2) },
      { weight: 1, arbitrary: fc.constantFrom(...dictionaryScripts).chain((script) => chunk(script, 300)) },
    ),
    { minLength: 20, maxLength: 120 },
  )
  .map((chunks) => chunks.join(""));

/** The spaces are farther from each other than a stretch is long. */
const hardlySpacedText = fc
  .constantFrom(...dictionaryScripts)
  .chain((script) => fc.array(chunk(script, 50), { minLength: 100, maxLength: 110 }))
  .map((chunks) => `${chunks.slice(0, 50).join("")} ${chunks.slice(50).join("")}`);

function inStretches(text: string, language: "simple" | "en" | "cjk"): { tokens: Token[]; longest: number } {
  const analyzer = createAnalyzer({ language });
  let longest = 0;
  const documentTokens = (part: string): Token[] => {
    longest = Math.max(longest, part.length);
    return analyzer.documentTokens(part);
  };
  const tokens = [...tokensByStretches(text, { ...analyzer, documentTokens })].flat();
  return { tokens, longest };
}

describe("the tokens of stretches", () => {
  test("are those of the whole text, whatever its scripts", () => {
    fc.assert(
      fc.property(mixedText, fc.constantFrom("simple", "en", "cjk"), (text, language) => {
        expect(inStretches(text, language).tokens).toEqual(createAnalyzer({ language }).documentTokens(text));
      }),
      { seed: 315, numRuns: 60 },
    );
  });

  test("are those of the whole text, where a dictionary finds words in ten thousand letters", () => {
    fc.assert(
      fc.property(hardlySpacedText, (text) => {
        const { tokens, longest } = inStretches(text, "simple");
        expect(tokens).toEqual(createAnalyzer({ language: "simple" }).documentTokens(text));
        expect(longest).toBeLessThan(2000);
      }),
      { seed: 316, numRuns: 8 },
    );
  });
});
