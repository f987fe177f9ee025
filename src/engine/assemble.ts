import { rankCodes } from "./codes.ts";
import type { ColumnData } from "./column-data.ts";
import { buildDictionary, dictionaryOf } from "./dictionary.ts";
import { narrowed } from "./narrow.ts";
import type { RowTable } from "./row-table.ts";
import type { SegmentData } from "./segment-data.ts";
import { newUint8, newUint32 } from "./shared-arrays.ts";
import { pickStrings, type StringBytes } from "./string-bytes.ts";
import { segmentLimits } from "./term-limits.ts";
import { packOrders, type TokenOrders } from "./token-order.ts";
import { type DocumentWords, layWords, type RankedTerms } from "./word-layout.ts";

/** One posting per place: which term stands in which document, with which code. In any order, each pair once. */
export type PostingColumns = { terms: Uint32Array; docs: Uint32Array; codes: Uint32Array };

/** The contents of a segment before they are laid out. */
export type Assembly = {
  fields: number;
  /** In the order of `compareIds`; a document's number is its place. */
  ids: readonly string[];
  sources: readonly Uint8Array[];
  terms: StringBytes;
  words: DocumentWords;
  postings: PostingColumns;
  /** Rows of one frequency per field, then one length for each field that has one (see `codes.ts`). */
  codes: RowTable;
  lengths: RowTable;
  /** Per document its row of `lengths`. */
  documentLengths: Uint32Array;
  /** Each document's tokens, by their terms' places in `terms`. */
  orders: TokenOrders;
  columns: ColumnData[];
};

/** Lays a segment out in shared memory. Terms are numbered anew, the frequent ones first, so that most varints are one byte. */
export function assemble(assembly: Assembly): SegmentData {
  const { fields, ids, postings } = assembly;
  const documents = ids.length;
  const ranked = rankTerms(assembly);
  const byTerm = sortByTerm(postings, { ...ranked, documents });
  const codes = rankCodes(byTerm.codes, assembly.codes, fields);
  const { told, ...laid } = layWords(assembly.words, ranked);
  return {
    documents,
    fields,
    lengthTotals: totalLengths(assembly),
    ids: buildDictionary(ids),
    terms: dictionaryOf(pickStrings(assembly.terms, ranked.order)),
    ...laid,
    postingEnds: ranked.ends,
    postingDocs: byTerm.docs,
    ...codes,
    ...segmentLimits({ fields, postingEnds: ranked.ends, ...codes }),
    lengthRows: narrowed(assembly.lengths.rows),
    documentLengths: narrowed(assembly.documentLengths),
    ...packOrders(assembly.orders, ranked.rankOf, told),
    ...concatenate(assembly.sources),
    columns: assembly.columns,
  };
}

function totalLengths({ fields, lengths, documentLengths }: Assembly): number[] {
  const totals = new Array<number>(fields).fill(0);
  const { rows } = lengths;
  for (const row of documentLengths) {
    for (let field = 0; field < fields; field++)
      totals[field] = (totals[field] ?? 0) + (rows[row * fields + field] ?? 0);
  }
  return totals;
}

function rankTerms({ terms, postings }: Assembly): RankedTerms {
  const frequencies = new Uint32Array(terms.ends.length);
  for (const term of postings.terms) frequencies[term] = (frequencies[term] ?? 0) + 1;
  const held = Array.from(frequencies.keys()).filter((term) => (frequencies[term] ?? 0) > 0);
  const order = held.sort((a, b) => (frequencies[b] ?? 0) - (frequencies[a] ?? 0) || a - b);
  const rankOf = new Uint32Array(terms.ends.length);
  const ends = newUint32(order.length);
  let end = 0;
  order.forEach((term, rank) => {
    rankOf[term] = rank;
    end += frequencies[term] ?? 0;
    ends[rank] = end;
  });
  return { order, rankOf, ends };
}

/** Two counting sorts: by document, then, keeping that order, by the terms' new numbers. */
function sortByTerm(
  { terms, docs, codes }: PostingColumns,
  { rankOf, ends, documents }: RankedTerms & { documents: number },
): { docs: Uint32Array; codes: Uint32Array } {
  const docCursors = new Uint32Array(documents + 1);
  for (const doc of docs) docCursors[doc + 1] = (docCursors[doc + 1] ?? 0) + 1;
  for (let doc = 0; doc < documents; doc++) docCursors[doc + 1] = (docCursors[doc + 1] ?? 0) + (docCursors[doc] ?? 0);
  const byDoc = new Uint32Array(docs.length);
  docs.forEach((doc, i) => {
    const at = docCursors[doc] ?? 0;
    docCursors[doc] = at + 1;
    byDoc[at] = i;
  });
  const cursors = new Uint32Array(ends.length);
  cursors.set(ends.subarray(0, -1), ends.length > 0 ? 1 : 0);
  const sortedDocs = newUint32(docs.length);
  const sortedCodes = new Uint32Array(docs.length);
  for (const i of byDoc) {
    const rank = rankOf[terms[i] ?? 0] ?? 0;
    const at = cursors[rank] ?? 0;
    cursors[rank] = at + 1;
    sortedDocs[at] = docs[i] ?? 0;
    sortedCodes[at] = codes[i] ?? 0;
  }
  return { docs: sortedDocs, codes: sortedCodes };
}

function concatenate(parts: readonly Uint8Array[]): { sources: Uint8Array; sourceEnds: Uint32Array } {
  const sourceEnds = newUint32(parts.length);
  let sizeBytes = 0;
  parts.forEach((part, i) => {
    sizeBytes += part.length;
    sourceEnds[i] = sizeBytes;
  });
  const sources = newUint8(sizeBytes);
  let at = 0;
  for (const part of parts) {
    sources.set(part, at);
    at += part.length;
  }
  return { sources, sourceEnds };
}
