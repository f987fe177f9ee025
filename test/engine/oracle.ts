import { compareHits, type Hit } from "../../src/protocol/hit.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import type { TestDocument } from "./layout.ts";

/** BM25F as the book has it: every document, every clause, no index. */
export function naiveSearch(documents: Iterable<TestDocument>, plan: Plan): { hits: Hit[]; total: number } {
  const hits: Hit[] = [];
  const optional = plan.clauses.filter(({ occur }) => occur === "optional").length;
  for (const document of documents) {
    const texts = [words(document.title), words(document.body)];
    let score = 0;
    let matchedOptional = 0;
    let matchedAny = plan.clauses.every(({ occur }) => occur === "excluded");
    let refused = false;
    for (const clause of plan.clauses) {
      const values = clause.terms.flatMap(({ term, weight }) => {
        let w = 0;
        texts.forEach((text, field) => {
          const boost = (clause.fieldBoosts ?? plan.fieldBoosts)[field] ?? 0;
          const tf = text.filter((word) => word === term).length;
          if (boost === 0 || tf === 0) return;
          w += (boost * tf) / (1 - plan.bm25.b + (plan.bm25.b * text.length) / (plan.averageLengths[field] ?? 0));
        });
        return w === 0 ? [] : [weight * (w / (plan.bm25.k1 + w))];
      });
      const phrase = clause.phrase;
      const matched =
        phrase === undefined
          ? values.length > 0
          : texts.some((text, field) => {
              if (((clause.fieldBoosts ?? plan.fieldBoosts)[field] ?? 0) === 0) return false;
              return text.some((_word, start) => phrase.every(({ term, offset }) => text[start + offset] === term));
            });
      if (clause.occur === "required" && !matched) refused = true;
      if (clause.occur === "excluded" && matched) refused = true;
      if (!matched || clause.occur === "excluded") continue;
      matchedAny = true;
      if (clause.occur === "optional") matchedOptional++;
      score += phrase === undefined ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0);
    }
    if (refused || !matchedAny || (optional > 0 && matchedOptional < plan.matchAtLeast)) continue;
    hits.push({ id: document.id, score });
  }
  const { after } = plan;
  const following = hits.sort(compareHits).filter((hit) => after === undefined || compareHits(after, hit) < 0);
  return { hits: following.slice(0, plan.top), total: hits.length };
}

export function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

/** What the statistics must say: document frequencies, and each field's length over all documents. */
export function naiveStatistics(documents: readonly TestDocument[]): {
  frequencies: Map<string, number>;
  lengths: number[];
} {
  const frequencies = new Map<string, number>();
  for (const { title, body } of documents) {
    for (const word of new Set([...words(title), ...words(body)])) {
      frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
    }
  }
  const total = (field: "title" | "body"): number =>
    documents.reduce((sum, document) => sum + words(document[field]).length, 0);
  return { frequencies, lengths: [total("title"), total("body")] };
}
