import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnalyzer, type Token } from "../../src/engine/analyzer.ts";
import { fold } from "../../src/engine/folding.ts";
import { languages } from "../../src/protocol/settings.ts";

const signs = fc.constantFrom(..."abcdeghilmnorstuyz    .'’éèüößñçãåøœйёжийı日本カ한👍½ﬁĲ\u0301");
const text = fc.string({ unit: signs, maxLength: 60 });

describe("folding", () => {
  test("twice changes nothing more", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (word) => {
        expect(fold(fold(word))).toBe(fold(word));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test.each([
    ["Résumé", "resume"],
    ["ﬁancée", "fiancee"],
    ["STRASSE", "strasse"],
    ["Straße", "strasse"],
    ["Łódź", "lodz"],
    ["Ёлка", "елка"],
    ["йод", "йод"],
    ["がん", "がん"],
    ["Ａ１", "a1"],
    ["o’clock", "o'clock"],
    ["и\u034f\u0306", "й"],
    ["👨‍👩‍👧", "👨👩👧"],
    [
      "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
      "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    ],
  ])("%s", (word, folded) => expect(fold(word)).toBe(folded));
});

describe.each(languages)("an analyzer for %s", (language) => {
  const analyzer = createAnalyzer({ language });

  test("gives tokens whose places hold them, in order", () => {
    fc.assert(
      fc.property(text, (value) => {
        let before = { position: -1, start: -1 };
        for (const token of analyzer.analyze(value)) {
          expect(token.position).toBeGreaterThan(before.position);
          expect(token.start).toBeGreaterThan(before.start);
          expect(fold(value.slice(token.start, token.end)).endsWith(token.folded) || language === "en").toBe(true);
          expect(analyzer.termOf(token.folded)).toBe(token.term);
          before = token;
        }
        expect(analyzer.terms(value)).toEqual(analyzer.analyze(value).map(({ term }) => term));
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test("does not care about the accents of Latin letters, nor about case", () => {
    const words = fc.array(
      fc.string({ unit: fc.constantFrom(..."abcdeéèêiîoöuüñçãlnrst"), minLength: 1, maxLength: 12 }),
    );
    fc.assert(
      fc.property(words, (list) => {
        const typed = list.join(" ");
        expect(analyzer.terms(fold(typed))).toEqual(analyzer.terms(typed.toUpperCase()));
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  test("keeps signs, digits, emoji and ideographs searchable", () => {
    const terms = analyzer.terms("C++ C# 1100 3.14 👍 東京都");
    expect(terms).toEqual(expect.arrayContaining(["c++", "c#", "1100", "3.14", "👍"]));
    const city = analyzer.terms("東京");
    expect(city.length).toBeGreaterThan(0);
    for (const term of city) expect(terms).toContain(term);
  });

  test("does not care about characters that nobody sees", () => {
    const unseen =
      "\u00ad\u034f\u061c\u180e\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2060\u2063\u2066\u2069\ufe00\ufe0f\ufeff\u{e0100}";
    const letters = fc.constantFrom(..."windשלוםمرحبйё");
    const word = fc.array(fc.tuple(letters, fc.constantFrom("", "", ...unseen)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(word, (signs) => {
        const marked = signs.flat().join("");
        const plain = signs.map(([sign]) => sign).join("");
        expect(analyzer.terms(`a1 ${marked} z1`)).toEqual(analyzer.terms(`a1 ${plain} z1`));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test("cuts a word where it is composed as where it is decomposed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 200 }), fc.constantFrom("é", "й", "ệ"), (length, sign) => {
        const word = sign.repeat(length);
        expect(analyzer.terms(word.normalize("NFD"))).toEqual(analyzer.terms(word.normalize("NFC")));
      }),
      { seed: 6, numRuns: 40 },
    );
  });

  test("reads kana alike, composed, decomposed and of half width, each with its marks", () => {
    for (const usual of ["データベース", "ガギグ", "ぱん", "葛城ビル"]) {
      expect(analyzer.terms(usual.normalize("NFD"))).toEqual(analyzer.terms(usual));
      expect(analyzer.terms(`${usual[0]}\u{e0100}${usual.slice(1)}`)).toEqual(analyzer.terms(usual));
    }
    expect(analyzer.terms("ﾃﾞｰﾀﾍﾞｰｽ")).toEqual(analyzer.terms("データベース"));
    expect(analyzer.terms("ﾊﾟﾝ")).toEqual(analyzer.terms("パン"));
    expect(analyzer.terms("日\u200b本")).toEqual(["日", "本"]);
    const text = "x ﾃﾞﾊﾟ y";
    for (const { start, end } of analyzer.analyze(text)) expect(text.slice(start, end)).toMatch(/^(x|y|(ﾃﾞ)?(ﾊﾟ)?)$/);
  });

  test("cuts endless words and survives lone surrogates", () => {
    const [term = ""] = analyzer.terms(`${"x".repeat(127)}😀${"y".repeat(5000)}`);
    expect(term.length).toBeLessThanOrEqual(128);
    expect(() => analyzer.analyze("\ud800a \udc00")).not.toThrow();
  });
});

/** Words that a language's stemmer must bring together, and a stop word of it. */
const families = {
  en: [["running", "runs", "run"], ["heights", "height"], ["The dog's"], "the"],
  de: [["Häuser", "Hauses", "hauser"], ["Straße", "Strassen"], "und"],
  fr: [["l'avion", "avions"], ["mangées", "mangée"], "les"],
  es: [["canciones", "cancion"], ["informaciones", "información", "informacion"], "los"],
  it: [["l'acqua", "acqua"], ["gatti", "gatto"], "gli"],
  pt: [["informações", "informação", "informacao"], ["gatos", "gato"], "não"],
  nl: [["lopen", "loop"], ["honden", "hond"], "het"],
  sv: [["flickorna", "flickor"], ["bilar", "bilen"], "och"],
  ru: [["ёлки", "елка"], ["книги", "книга"], "и"],
} as const;

describe.each(Object.entries(families))("stemming in %s", (language, [...groups]) => {
  const analyzer = createAnalyzer({ language: language as keyof typeof families });

  test("brings inflections together and drops stop words", () => {
    for (const group of groups) {
      if (typeof group === "string") expect(analyzer.terms(group)).toEqual([]);
      else expect(new Set(group.flatMap((word) => analyzer.terms(word))).size, group.join()).toBe(1);
    }
  });
});

test("an index's own stop words stand in for the language's", () => {
  const analyzer = createAnalyzer({ language: "en", stopWords: ["Fox"] });
  expect(analyzer.terms("the fox")).toEqual(["the"]);
});

test("an index's own stop words are left out in whatever way text writes them", () => {
  const cases = [
    { language: "en", stopWords: ["it's", "Don’t", " Café "], text: "It’s wind, don't! cafe CAFÉ's" },
    { language: "fr", stopWords: ["L’Homme"], text: "homme l'homme wind d'hommé" },
    { language: "cjk", stopWords: ["の", "これ"], text: "これ の wind" },
  ] as const;
  for (const { language, stopWords, text } of cases) {
    expect(createAnalyzer({ language, stopWords: [...stopWords] }).terms(text), language).toEqual(["wind"]);
  }
});

test("what is no single word stops none", () => {
  const analyzer = createAnalyzer({ language: "en", stopWords: ["wi-fi", "two words", "!!", ""] });
  expect(analyzer.terms("the wi-fi !! two words")).toEqual(["the", "wi", "fi", "two", "word"]);
});

test("ideographs come in overlapping pairs for cjk, singly elsewhere", () => {
  expect(createAnalyzer({ language: "cjk" }).terms("東京都 の")).toEqual(["東京", "京都", "の"]);
  expect(createAnalyzer({ language: "en" }).terms("東京都")).toEqual(["東", "京", "都"]);
});

test("cjk's documents hold each ideograph of a pair besides, at positions that queries know", () => {
  const analyzer = createAnalyzer({ language: "cjk", stopWords: ["です", "の"] });
  const text = "go 黒ﾃﾞ猫 の 犬です 犬";
  const shown = (tokens: readonly Token[]): string[] =>
    tokens.map(({ term, position, start, end }) => `${position} ${term} ${text.slice(start, end)}`);
  const wanted = ["0 go go", "2 黒デ 黒ﾃﾞ", "4 デ猫 ﾃﾞ猫", "8 犬で 犬で", "12 犬 犬"];
  const within = ["1 黒 黒", "3 デ ﾃﾞ", "5 猫 猫", "7 犬 犬", "9 で で", "11 す す"];
  const all = [...wanted, ...within].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  expect(shown(analyzer.analyze(text))).toEqual(wanted);
  expect(shown(analyzer.documentTokens(text))).toEqual(all);
  expect(analyzer.terms(text)).toEqual(wanted.map((token) => token.split(" ")[1]));
  expect(analyzer.lastWord("黒い猫")).toMatchObject({ folded: "い猫", start: 1 });
});

test("digits below the line are as digits on it", () => {
  const analyzer = createAnalyzer({ language: "en" });
  expect(analyzer.terms("H₂O CO₂ ₂")).toEqual(["h2o", "co2", "2"]);
});

test("text is the same words whether its letters are written whole or in parts", () => {
  const analyzer = createAnalyzer({ language: "simple" });
  expect(analyzer.terms("2024년 iPhone을".normalize("NFD"))).toEqual(["2024", "년", "iphone", "을"].map(fold));
  const units = fc.constantFrom(..."한국년을각abX19éü .'_+#:-/日あ👍\u1112\u11ab");
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 30 }), (text) => {
      expect(analyzer.terms(text.normalize("NFD"))).toEqual(analyzer.terms(text.normalize("NFC")));
    }),
    { seed: 3, numRuns: 3000 },
  );
});

test("words are forgotten where there have been many, long ones too", () => {
  for (const length of [3, 200]) {
    const analyzer = createAnalyzer({ language: "simple" }, 10);
    const text = Array.from({ length: 11 }, (_, i) => `x${i}`.padEnd(length, "y")).join(" ");
    expect(analyzer.makeRoom()).toBe(0);
    analyzer.eachTerm(text, () => undefined);
    expect([analyzer.makeRoom(), analyzer.makeRoom()], `${length} letters`).toEqual([1, 1]);
  }
});
