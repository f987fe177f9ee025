import { segmentStrings } from "./dictionary.ts";
import { startOf } from "./ends.ts";
import { narrowed } from "./narrow.ts";
import type { SegmentData } from "./segment-data.ts";
import { pickStrings, type StringBytes } from "./string-bytes.ts";
import type { TrailingNumbers } from "./token-order.ts";

/** The words of documents as they were numbered at first sight, each with its term's number. */
export type DocumentWords = {
  strings: StringBytes;
  terms: ArrayLike<number>;
  /** Each document's words, each once. */
  held: TrailingNumbers;
};

/** Where terms have gone: their old numbers in the order of the new ones, and the other way round. */
export type RankedTerms = { order: number[]; rankOf: Uint32Array; ends: Uint32Array };

/** `told`: what must be told of each document beside its terms. */
export type LaidWords = Pick<SegmentData, "words" | "wordCounts" | "wordTerms"> & { told: TrailingNumbers };

/**
 * Numbers words anew: first, as their terms are numbered, the most frequent word of each term, then the others. Most words
 * that a document holds are the first of their term, and go without saying; where one is another, all that the document
 * holds of that term are told. For whole words there is thus hardly more to keep than for terms.
 */
export function layWords(words: DocumentWords, { order, rankOf }: RankedTerms): LaidWords {
  const { strings, terms, held } = words;
  const counts = new Uint32Array(strings.ends.length);
  for (const word of held.numbers) counts[word] = (counts[word] ?? 0) + 1;
  const rankedTerms = Uint32Array.from(terms, (term) => rankOf[term] ?? 0);
  const first = firstWords(counts, rankedTerms, order.length);
  const others: number[] = [];
  counts.forEach((count, word) => {
    if (count > 0 && first[rankedTerms[word] ?? 0] !== word) others.push(word);
  });
  const places = [...first, ...others.sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b)];
  const newNumbers = new Uint32Array(counts.length);
  places.forEach((word, number) => {
    newNumbers[word] = number;
  });
  return {
    words: segmentStrings(pickStrings(strings, places)),
    wordCounts: narrowed(Uint32Array.from(places, (word) => counts[word] ?? 0)),
    wordTerms: narrowed(Uint32Array.from(others, (word) => rankedTerms[word] ?? 0)),
    told: toldWords(held, { newNumbers, rankedTerms, terms: order.length }),
  };
}

/** The most frequent word of each term. */
function firstWords(counts: Uint32Array, rankedTerms: Uint32Array, terms: number): Int32Array {
  const first = new Int32Array(terms).fill(-1);
  counts.forEach((count, word) => {
    const term = rankedTerms[word] ?? 0;
    const before = first[term] ?? -1;
    if (count > (before < 0 ? 0 : (counts[before] ?? 0))) first[term] = word;
  });
  return first;
}

type Numbering = { newNumbers: Uint32Array; rankedTerms: Uint32Array; terms: number };

/** A told word's code: others are told most often, so that they shall not begin behind all the terms. */
function codeOf(word: number, terms: number): number {
  return word < terms ? word * 2 + 1 : (word - terms) * 2;
}

/** The word that a code tells. */
export function toldWord(code: number, terms: number): number {
  return (code & 1) === 1 ? code >>> 1 : (code >>> 1) + terms;
}

/** Of each document the codes of the words whose term it holds not only as the term's first word. */
function toldWords({ numbers, ends }: TrailingNumbers, { newNumbers, rankedTerms, terms }: Numbering): TrailingNumbers {
  const told = { numbers: new Uint32Array(numbers.length), ends: new Uint32Array(ends.length) };
  /** Per term one more than the document that last held another word of it. */
  const otherIn = new Uint32Array(terms);
  let size = 0;
  ends.forEach((end, doc) => {
    const start = startOf(ends, doc);
    let others = 0;
    for (let i = start; i < end; i++) {
      const word = numbers[i] ?? 0;
      if ((newNumbers[word] ?? 0) < terms) continue;
      otherIn[rankedTerms[word] ?? 0] = doc + 1;
      others++;
    }
    for (let i = start; others > 0 && i < end; i++) {
      const word = numbers[i] ?? 0;
      if (otherIn[rankedTerms[word] ?? 0] === doc + 1) told.numbers[size++] = codeOf(newNumbers[word] ?? 0, terms);
    }
    told.ends[doc] = size;
  });
  return { numbers: told.numbers.subarray(0, size), ends: told.ends };
}
