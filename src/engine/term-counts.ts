import { wordMark } from "../protocol/statistics.ts";
import type { AnalyzedDocument } from "./document.ts";
import { keyField, keyTerm } from "./field-key.ts";
import { coarsen, type LimitRow, widenField } from "./term-limits.ts";

/** Terms, and words marked as such, with a difference of document frequency for each; decoded as they are read. */
export type TermCounts = {
  readonly size: number;
  termAt(i: number): string;
  countAt(i: number): number;
  /** What bounds the term's worth in the documents that are counted; absent where they are taken away. */
  limitAt?(i: number): LimitRow;
};

/** The same difference for each of a list of terms: what one document adds (1) or takes away (-1). */
export function eachCounts(terms: readonly string[], count: number): TermCounts {
  return { size: terms.length, termAt: (i) => terms[i] ?? "", countAt: () => count };
}

/** Strings that are read as they are asked for, by their numbers. */
export type Strings = { text(number: number): string };

/** The same words, marked as such. */
export function markedWords(words: Strings): Strings {
  return { text: (number) => wordMark + words.text(number) };
}

/** What documents add: the sum of their words, marked as such. */
export function documentWords(documents: readonly AnalyzedDocument[]): TermCounts {
  const sums = new Map<string, number>();
  for (const { words } of documents) for (const word of words) sums.set(word, (sums.get(word) ?? 0) + 1);
  const words = [...sums.keys()];
  const counts = [...sums.values()];
  return { size: words.length, termAt: (i) => wordMark + (words[i] ?? ""), countAt: (i) => counts[i] ?? 0 };
}

type Sum = { count: number; lastDocument: number; limits: number[] };

/** What documents add: the sum of their terms, with limits. */
export function documentCounts(documents: readonly AnalyzedDocument[], fields: number): TermCounts {
  const sums = new Map<string, Sum>();
  documents.forEach(({ keys, frequencies, lengths }, document) => {
    keys.forEach((key, i) => {
      const term = keyTerm(key);
      let sum = sums.get(term);
      if (sum === undefined) {
        sum = { count: 0, lastDocument: -1, limits: new Array<number>(2 * fields).fill(0) };
        sums.set(term, sum);
      }
      if (sum.lastDocument !== document) sum.count++;
      sum.lastDocument = document;
      const field = keyField(key);
      widenField(sum.limits, { field, frequency: frequencies[i] ?? 1, length: lengths[field] ?? 0 });
    });
  });
  const terms = [...sums.keys()];
  const entries = [...sums.values()];
  for (const { limits } of entries) coarsen(limits, fields);
  return {
    size: terms.length,
    termAt: (i) => terms[i] ?? "",
    countAt: (i) => entries[i]?.count ?? 0,
    limitAt: (i) => entries[i]?.limits ?? [],
  };
}
