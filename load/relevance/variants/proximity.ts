import type { FoundDocument } from "../index-client.ts";
import type { TermTable } from "../term-table.ts";

export type ProximityOptions = { terms: TermTable; k1: number; b: number };

type Occurrence = { term: string; position: number };

/**
 * Ranks found documents anew by their score and how near the query's words stand in them (Büttcher, Clarke and Lushman
 * 2006). Two occurrences of different query words with none between, d words apart, give each word the other's idf /
 * d². What a word t has gathered, a(t), is saturated as BM25 does and added to the score:
 * min(1, idf(t)) a(t) (k1 + 1) / (a(t) + k1 (1 - b + b length / average)). k1 and b are the index's.
 */
export function rankByProximity(
  query: string,
  documents: readonly FoundDocument[],
  options: ProximityOptions,
): FoundDocument[] {
  const words = new Set(options.terms.analyzer.terms(query));
  return documents
    .map((document) => ({ ...document, score: document.score + proximityBonus(words, document.text, options) }))
    .sort((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1));
}

/** What the nearness of `words`, as terms, in a text adds to its score; never below 0. */
export function proximityBonus(words: ReadonlySet<string>, text: string, { terms, k1, b }: ProximityOptions): number {
  const { occurrences, length } = occurrencesIn(text, words, terms);
  const norm = k1 * (1 - b + (b * length) / Math.max(1, terms.averageLength));
  let bonus = 0;
  for (const [term, gathered] of gatheredBy(occurrences, terms)) {
    bonus += (Math.min(1, terms.idf(term)) * gathered * (k1 + 1)) / (gathered + norm);
  }
  return bonus;
}

function occurrencesIn(text: string, words: ReadonlySet<string>, { analyzer }: TermTable) {
  const occurrences: Occurrence[] = [];
  let length = 0;
  analyzer.eachTerm(text, ({ term }, position) => {
    length++;
    if (words.has(term)) occurrences.push({ term, position });
  });
  return { occurrences, length };
}

function gatheredBy(occurrences: readonly Occurrence[], terms: TermTable): Map<string, number> {
  const gathered = new Map<string, number>();
  const give = (term: string, amount: number): void => void gathered.set(term, (gathered.get(term) ?? 0) + amount);
  let before: Occurrence | undefined;
  for (const here of occurrences) {
    if (before !== undefined && before.term !== here.term) {
      const square = (here.position - before.position) ** 2;
      give(before.term, terms.idf(here.term) / square);
      give(here.term, terms.idf(before.term) / square);
    }
    before = here;
  }
  return gathered;
}
