import { describe, expect, it } from "vitest";
import { TermTable } from "../../../../load/relevance/term-table.ts";
import { expandedQuery } from "../../../../load/relevance/variants/feedback.ts";
import { createAnalyzer } from "../../../../src/engine/analyzer.ts";

/** Twenty documents, of which every one holds "common" and one or two each of the other words. */
function table(): TermTable {
  const terms = new TermTable(createAnalyzer({ language: "simple", stopWords: [] }));
  for (let i = 0; i < 20; i++) terms.add(`common word${i}`);
  return terms;
}

const counts = (query: string): Record<string, number> => {
  const result: Record<string, number> = {};
  for (const word of query.split(" ")) result[word] = (result[word] ?? 0) + 1;
  return result;
};

describe("feedback", () => {
  it("leaves a query alone that finds nothing", () => {
    expect(expandedQuery("word1 word2", [], table())).toBe("word1 word2");
  });

  it("mixes the typed words half and half with those of the documents, by score and frequency, without common ones", () => {
    const documents = [
      { id: "a", score: 3, text: "word1 word2 word2 common" },
      { id: "b", score: 1, text: "word3 common" },
    ];
    // word1: 3/4 of 1/4, word2: 3/4 of 2/4, word3: 1/4 of 1/2; that is 3, 6 and 2 of 11. Half of 48 is 24.
    expect(counts(expandedQuery("word1", documents, table()))).toEqual({
      word1: Math.round(24 + (24 * 3) / 11),
      word2: Math.round((24 * 6) / 11),
      word3: Math.round((24 * 2) / 11),
    });
  });

  it("never loses a typed word, however many there are, and takes ten terms at most", () => {
    const typed = Array.from({ length: 80 }, (_, i) => `typed${i}`);
    const text = Array.from({ length: 20 }, (_, i) => `word${i}`).join(" ");
    const words = counts(expandedQuery(typed.join(" "), [{ id: "a", score: 1, text }], table()));
    for (const word of typed) expect(words[word]).toBe(1);
    expect(Object.keys(words)).toHaveLength(90);
  });
});
