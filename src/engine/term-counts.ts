import { wordMark } from "../protocol/statistics.ts";

/** Terms and a difference of document frequency for each, decoded as they are read. */
export type TermCounts = {
  readonly size: number;
  termAt(i: number): string;
  countAt(i: number): number;
};

/** The same difference for each of a list of terms: what one document adds (1) or takes away (-1). */
export function eachCounts(terms: readonly string[], count: number): TermCounts {
  return { size: terms.length, termAt: (i) => terms[i] ?? "", countAt: () => count };
}

/** Words of the documents, marked as such: their counts say nothing. */
export function wordCounts(words: { size: number; text(number: number): string }): TermCounts {
  return { size: words.size, termAt: (i) => wordMark + words.text(i), countAt: () => 1 };
}

/** The sum of many documents' terms. */
export function summedCounts(documents: Iterable<readonly string[]>): TermCounts {
  const sums = new Map<string, number>();
  for (const terms of documents) for (const term of terms) sums.set(term, (sums.get(term) ?? 0) + 1);
  const terms = [...sums.keys()];
  const counts = [...sums.values()];
  return { size: terms.length, termAt: (i) => terms[i] ?? "", countAt: (i) => counts[i] ?? 0 };
}
