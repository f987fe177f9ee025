import { type ColumnData, columnSizeBytes } from "./column-data.ts";
import type { DictionaryData } from "./dictionary.ts";
import { startOf } from "./ends.ts";
import type { NarrowArray } from "./narrow.ts";
import type { StringBytes } from "./string-bytes.ts";

/**
 * A sealed segment as typed arrays, which workers hand over in shared memory and a snapshot writes as they are. Documents
 * are numbered in the order of their ids; terms by falling document frequency.
 */
export type SegmentData = {
  documents: number;
  fields: number;
  /** Per text field: how many terms its documents hold in all. */
  lengthTotals: number[];
  ids: DictionaryData;
  terms: DictionaryData;
  /** The words that the terms were, folded: for each term, by its number, the most frequent one, then all the others. */
  words: StringBytes;
  /** In how many documents each word stands. */
  wordCounts: NarrowArray;
  /** The terms of those others. */
  wordTerms: NarrowArray;
  /** Where each term's postings end in `postingDocs` and `postingCodes`. */
  postingEnds: Uint32Array;
  postingDocs: Uint32Array;
  /** What bounds each term's worth, as the number of one of `limitRows` (see `term-limits.ts`). */
  termLimits: NarrowArray;
  limitRows: NarrowArray;
  /** Each names a row of `frequencyRows` and of `codeLengths`; the most used codes come first. */
  postingCodes: Uint16Array | Uint32Array;
  /** `fields` numbers per code: how often each text field holds the term. */
  frequencyRows: NarrowArray;
  /** `fields` numbers per code: how many terms those fields hold that hold the term; 0 for the others. */
  codeLengths: NarrowArray;
  /** `fields` numbers per row: how many terms each text field holds. */
  lengthRows: NarrowArray;
  /** Per document: its row of `lengthRows`. */
  documentLengths: NarrowArray;
  /**
   * Each document's tokens in order, packed (see `token-order.ts`); where a field ends, its length says. Behind them stand
   * as varints the codes of its words for each term of which it holds another word than the first (see `word-layout.ts`).
   */
  order: Uint8Array;
  orderEnds: Uint32Array;
  sources: Uint8Array;
  sourceEnds: Uint32Array;
  /** One for each column of the index, in index order. */
  columns: ColumnData[];
};

/** How many terms have at least so many postings; they have the first numbers. */
export function frequentTerms(postingEnds: Uint32Array, postingsMin: number): number {
  let low = 0;
  let high = postingEnds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((postingEnds[middle] ?? 0) - startOf(postingEnds, middle) >= postingsMin) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Memory of a segment: its index structures, and the documents' sources. */
export function segmentSize(data: SegmentData): { indexBytes: number; sourceBytes: number } {
  const sourceBytes = data.sources.byteLength + data.sourceEnds.byteLength;
  let total = data.columns.reduce((sum, column) => sum + columnSizeBytes(column), 0);
  for (const part of [data.ids, data.terms, data.words, data]) {
    for (const value of Object.values(part)) if (ArrayBuffer.isView(value)) total += value.byteLength;
  }
  return { indexBytes: total - sourceBytes, sourceBytes };
}
