import type { FoundDocument } from "../index-client.ts";
import type { TermTable } from "../term-table.ts";

/** How many of the best documents are taken for relevant. */
export const feedbackDocuments = 10;
const expansionTerms = 10;
/** What is left to the words that were typed. */
const originalWeight = 0.5;
/** A term that more documents hold says nothing of any. */
const shareMax = 0.1;
/** A word's weight is how often the query repeats it; its words weigh this much together. */
const repetitions = 48;

type Weighed = { word: string; weight: number };

/**
 * The query with the words of its best documents, as RM3 chooses and weighs them (Abdul-Jaleel et al. 2004): a term's
 * weight is the sum over the documents of tf / length, each document by its share of the scores; the best ten, scaled
 * to 1, are mixed with the typed words half and half. The search language has no weights but repetition, so a weight is
 * rounded to 48ths, and a typed word is never lost. The query as it is where nothing was found.
 */
export function expandedQuery(query: string, documents: readonly FoundDocument[], terms: TermTable): string {
  const feedback = scaled(relevanceModel(documents, terms));
  if (feedback.size === 0) return query;
  const typed = scaled(typedModel(query, terms));
  const words: string[] = [];
  for (const term of new Set([...typed.keys(), ...feedback.keys()])) {
    const own = typed.get(term);
    const found = feedback.get(term);
    const weight = originalWeight * (own?.weight ?? 0) + (1 - originalWeight) * (found?.weight ?? 0);
    const times = Math.max(own === undefined ? 0 : 1, Math.round(weight * repetitions));
    for (let i = 0; i < times; i++) words.push((own ?? found)?.word ?? term);
  }
  return words.join(" ");
}

/** The query's terms by how often they were typed. */
function typedModel(query: string, { analyzer }: TermTable): Map<string, Weighed> {
  const model = new Map<string, Weighed>();
  for (const { term, folded } of analyzer.analyze(query)) {
    model.set(term, { word: folded, weight: (model.get(term)?.weight ?? 0) + 1 });
  }
  return model;
}

/** The best terms of the documents, each with one word that stands for it. */
function relevanceModel(documents: readonly FoundDocument[], terms: TermTable): Map<string, Weighed> {
  const total = documents.reduce((sum, { score }) => sum + score, 0);
  const model = new Map<string, Weighed>();
  for (const { score, text } of documents) {
    const tokens = terms.analyzer.analyze(text);
    for (const { term, folded } of tokens) {
      const known = model.get(term) ?? { word: folded, weight: 0 };
      model.set(term, { ...known, weight: known.weight + score / total / tokens.length });
    }
  }
  const best = [...model]
    .filter(([term]) => terms.share(term) <= shareMax)
    .sort(([one, { weight }], [other, { weight: otherWeight }]) => otherWeight - weight || (one < other ? -1 : 1));
  return new Map(best.slice(0, expansionTerms));
}

/** The same weights, but 1 in all. */
function scaled(model: ReadonlyMap<string, Weighed>): Map<string, Weighed> {
  const total = [...model.values()].reduce((sum, { weight }) => sum + weight, 0);
  return new Map([...model].map(([term, { word, weight }]) => [term, { word, weight: weight / total }]));
}
