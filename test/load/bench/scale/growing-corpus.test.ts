import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DemoDocument, demoDocuments } from "../../../../data/corpus.ts";
import { growingCorpus, next } from "../../../../load/bench/scale/growing-corpus.ts";

const corpus = [...demoDocuments()];
const sample = corpus.filter((_, i) => i % 200 === 0);

function firstOf(documents: readonly DemoDocument[], count: number, seed = 1): DemoDocument[] {
  return [...next(growingCorpus(documents, seed), count)];
}

function wordsOf({ title, synonyms, body, examples }: DemoDocument): string[] {
  return (
    [title, ...synonyms, body, ...examples]
      .join(" ")
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  );
}

/** How often each word is in the documents, and how many words they have, by the document. */
function rates(documents: readonly DemoDocument[]): { rateOf: Map<string, number>; length: number } {
  const rateOf = new Map<string, number>();
  let count = 0;
  for (const document of documents) {
    const words = wordsOf(document);
    count += words.length;
    for (const word of words) rateOf.set(word, (rateOf.get(word) ?? 0) + 1 / documents.length);
  }
  return { rateOf, length: count / documents.length };
}

describe("documents without an end", () => {
  test("begin with the whole corpus, have ids of their own, and are the same for the same seed", () => {
    fc.assert(
      fc.property(fc.nat({ max: 3_000 }), fc.nat({ max: 1_000 }), (count, seed) => {
        const documents = firstOf(sample, count, seed);
        expect(documents).toHaveLength(count);
        expect(new Set(documents.map(({ id }) => id)).size).toBe(count);
        const known = new Set(sample);
        expect(documents.filter((document) => known.has(document))).toHaveLength(Math.min(count, sample.length));
        expect(documents.slice(0, sample.length).every((document) => known.has(document))).toBe(true);
        expect(firstOf(sample, count, seed)).toEqual(documents);
      }),
      { seed: 111, numRuns: 20 },
    );
  });

  test("another seed gives others", () => {
    expect(firstOf(sample, 2_000, 2)).not.toEqual(firstOf(sample, 2_000, 1));
  });

  test("hold no word that the corpus does not, and hold its words as often", () => {
    const made = firstOf(corpus, corpus.length + 30_000).slice(corpus.length);
    const [before, after] = [rates(corpus), rates(made)];
    expect([...after.rateOf.keys()].filter((word) => !before.rateOf.has(word))).toEqual([]);
    // Some 300 of each of these are in 30,000 documents: a fifth is three deviations and more.
    for (const [word, rate] of before.rateOf) {
      if (rate > 0.01) expect(Math.abs((after.rateOf.get(word) ?? 0) / rate - 1), word).toBeLessThan(1 / 5);
    }
    expect(after.length / before.length).toBeGreaterThan(0.97);
    expect(after.length / before.length).toBeLessThan(1.03);
  });

  test("hardly ever repeat a definition, as recombined ones should not", () => {
    const made = firstOf(corpus, corpus.length + 10_000).slice(corpus.length);
    const known = new Set(corpus.map(({ body }) => body));
    const several = made.filter(({ body }) => body.split(" ").length > 8);
    expect(several.length).toBeGreaterThan(3_000);
    expect(several.filter(({ body }) => known.has(body)).length).toBeLessThan(several.length / 5);
  });

  test("cannot be made from nothing", () => {
    expect(() => firstOf([], 1)).toThrow(RangeError);
  });
});
