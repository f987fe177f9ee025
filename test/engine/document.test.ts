import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnalyzer, type Token } from "../../src/engine/analyzer.ts";
import { createDocumentAnalyzer } from "../../src/engine/document.ts";
import { itemGap } from "../../src/engine/token-order.ts";
import { textSettings } from "../support/text-settings.ts";

const names = ["title", "body"] as const;
const settings = textSettings(names, "en");
const vocabulary = [
  "cat",
  "Cats",
  "cats,",
  "the",
  "Élan",
  "elan's",
  "C++",
  "C",
  "北京大学",
  "ﬁne",
  "x".repeat(140),
  "7",
];
const text = fc.array(fc.constantFrom(...vocabulary), { maxLength: 12 }).map((words) => words.join(" "));
const field = fc.oneof(text, fc.array(text, { maxLength: 3 }));
const documents = fc.array(fc.record({ title: field, body: field }), { maxLength: 6 });

type Document = { title: string | string[]; body: string | string[] };

/** The same by an analyzer's tokens alone, with nothing kept from one word or document to the next. */
function naively(document: Document) {
  const keys: string[] = [];
  const frequencies: number[] = [];
  const words = new Set<string>();
  const wordKeys: number[] = [];
  const order: number[] = [];
  const lengths = names.map((name, number) => {
    let length = 0;
    for (const item of [document[name]].flat()) {
      let last: Token | undefined;
      for (const token of createAnalyzer(settings).documentTokens(item)) {
        const key = String.fromCharCode(number + 1) + token.term;
        if (!keys.includes(key)) frequencies[keys.push(key) - 1] = 0;
        const place = keys.indexOf(key);
        frequencies[place] = (frequencies[place] ?? 0) + 1;
        if (!words.has(token.folded)) wordKeys.push(place);
        words.add(token.folded);
        order.push(place, length === 0 ? 0 : last === undefined ? itemGap : token.position - last.position - 1);
        last = token;
        length++;
      }
    }
    return length;
  });
  return { keys, frequencies, words: [...words], wordKeys, order, lengths };
}

describe("an analyzed document", () => {
  it.each([1, 5, 1000])("counts what a naive reader counts, with %i words remembered", (wordsMax) => {
    const analyze = createDocumentAnalyzer(settings, createAnalyzer(settings, wordsMax));
    fc.assert(
      fc.property(documents, (list) => {
        for (const document of list) {
          const { id, source, cells, order, ...counted } = analyze("a", Buffer.from(JSON.stringify(document)));
          expect({ ...counted, order: [...order] }).toEqual(naively(document));
        }
      }),
      { seed: 4, numRuns: 60, endOnFailure: true },
    );
  });

  it("of cjk holds each ideograph wherever it stands, and the pairs", () => {
    const signs = fc.array(fc.constantFrom(..."黒い猫が好き車 x"), { maxLength: 12 }).map((all) => all.join(""));
    const inPairs = textSettings(["body"], "cjk");
    const analyzer = createAnalyzer(inPairs);
    const analyze = createDocumentAnalyzer(inPairs, analyzer);
    fc.assert(
      fc.property(signs, (body) => {
        const { keys, frequencies, lengths, order } = analyze("a", Buffer.from(JSON.stringify({ body })));
        const held = (term: string): number => frequencies[keys.indexOf(String.fromCharCode(1) + term)] ?? 0;
        for (const sign of "黒い猫が好き車") expect(held(sign)).toBe(body.split(sign).length - 1);
        for (const term of analyzer.terms(body)) expect(held(term)).toBeGreaterThan(0);
        const count = analyzer.documentTokens(body).length;
        expect([lengths, order.length]).toEqual([[count], 2 * count]);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it("is empty where the source is no object", () => {
    const analyze = createDocumentAnalyzer(settings, createAnalyzer(settings));
    for (const source of ["[1]", "null", '"cat"', "{"]) {
      const { keys, lengths, source: kept } = analyze("a", Buffer.from(source));
      expect({ keys, lengths, kept: Buffer.from(kept).toString() }).toEqual({
        keys: [],
        lengths: [0, 0],
        kept: '{"id":"a"}',
      });
    }
  });
});
