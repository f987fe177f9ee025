import { type ColumnData, columnSizeBytes } from "./column-data.ts";
import type { DictionaryData } from "./dictionary.ts";

/**
 * A sealed segment as typed arrays in shared memory, which threads hand over without copying and a snapshot writes as
 * they are. Documents are numbered in the order of their ids; terms by falling document frequency.
 */
export type SegmentData = {
  documents: number;
  fields: number;
  /** Per text field: how many terms its documents hold in all. */
  lengthTotals: number[];
  ids: DictionaryData;
  terms: DictionaryData;
  /** Where each term's postings end in `postingDocs` and `postingCodes`. */
  postingEnds: Uint32Array;
  postingDocs: Uint32Array;
  /** Each names a row of `frequencyRows` and `rowLengths`. */
  postingCodes: Uint16Array | Uint32Array;
  /** `fields` numbers per code: how often each text field holds the term. */
  frequencyRows: Uint32Array;
  /** Per code: the row of `lengthRows` with the document's lengths. */
  rowLengths: Uint32Array;
  /** `fields` numbers per row: how many terms each text field holds. */
  lengthRows: Uint32Array;
  /** Per document: its row of `lengthRows`. */
  documentLengths: Uint16Array | Uint32Array;
  /** Each document's term numbers, ascending, as varints of their differences, after a varint of how many. */
  forward: Uint8Array;
  forwardEnds: Uint32Array;
  sources: Uint8Array;
  sourceEnds: Uint32Array;
  /** One for each column of the index, in index order. */
  columns: ColumnData[];
};

/** Memory of a segment: its index structures, and the documents' sources. */
export function segmentSize(data: SegmentData): { indexBytes: number; sourceBytes: number } {
  const sourceBytes = data.sources.byteLength + data.sourceEnds.byteLength;
  let total = data.columns.reduce((sum, column) => sum + columnSizeBytes(column), 0);
  for (const part of [data.ids, data.terms, data]) {
    for (const value of Object.values(part)) if (ArrayBuffer.isView(value)) total += value.byteLength;
  }
  return { indexBytes: total - sourceBytes, sourceBytes };
}
