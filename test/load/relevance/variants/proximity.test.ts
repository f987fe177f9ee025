import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TermTable } from "../../../../load/relevance/term-table.ts";
import { proximityBonus, rankByProximity } from "../../../../load/relevance/variants/proximity.ts";
import { createAnalyzer } from "../../../../src/engine/analyzer.ts";

function tableOf(...texts: string[]): TermTable {
  const terms = new TermTable(createAnalyzer({ language: "simple", stopWords: [] }));
  for (const text of texts) terms.add(text);
  return terms;
}

const terms = tableOf("red fox", "red dog", "blue fox runs", "green bird", "grey bird");
const options = { terms, k1: 0.9, b: 0.4 };
const words = new Set(["red", "fox"]);
const filler = fc.array(fc.constantFrom("green", "bird", "grey", "dog"), { maxLength: 8 });

describe("the bonus of near words", () => {
  it("is what the formula gives, worked out by hand", () => {
    // Five documents of 11 terms in all; "red" and "fox" are each in two of them, so their idf is ln(1 + 3.5 / 2.5).
    const idf = Math.log(1 + 3.5 / 2.5);
    const gathered = idf / 4;
    const norm = 0.9 * (0.6 + (0.4 * 3) / (11 / 5));
    const expected = 2 * Math.min(1, idf) * ((gathered * 1.9) / (gathered + norm));
    expect(proximityBonus(words, "red bird fox", options)).toBeCloseTo(expected, 12);
  });

  it("shrinks as the words move apart in a text of the same length, and is nothing for one word", () => {
    fc.assert(
      fc.property(filler, fc.nat({ max: 6 }), (between, more) => {
        const rest = Array.from({ length: more + 1 }, () => "grey");
        const near = ["red", ...between, "fox", ...rest].join(" ");
        const far = ["red", ...between, ...rest, "fox"].join(" ");
        const [nearBonus, farBonus] = [near, far].map((text) => proximityBonus(words, text, options));
        expect(nearBonus).toBeGreaterThan(farBonus ?? Number.NaN);
        expect(farBonus).toBeGreaterThan(0);
        expect(proximityBonus(words, ["red", ...between, "red"].join(" "), options)).toBe(0);
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it("only moves documents: all stay, by score and then by id", () => {
    const documents = [
      { id: "c", score: 2, text: "red bird bird bird fox" },
      { id: "b", score: 2, text: "red fox bird bird bird" },
      { id: "d", score: 1, text: "bird" },
      { id: "a", score: 1, text: "bird" },
    ];
    expect(rankByProximity("fox red", documents, options).map(({ id }) => id)).toEqual(["b", "c", "a", "d"]);
  });
});
