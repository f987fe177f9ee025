import { assemble, type PostingColumns } from "./assemble.ts";
import { fieldKey, keyTerm } from "./document.ts";
import type { Memtable } from "./memtable.ts";
import { RowTable } from "./row-table.ts";
import type { SegmentData } from "./segment-data.ts";
import { TokenOrderBuilder, type TokenOrders } from "./token-order.ts";

/**
 * Flattens a memtable's index into a segment. The documents must have been appended in the order of their ids, each
 * id once, and none of them may be dead.
 */
export function seal(memtable: Memtable, fields: number): SegmentData {
  const ids: string[] = [];
  const sources: Uint8Array[] = [];
  const lengths = new RowTable(fields);
  const documentLengths = new Uint32Array(memtable.documents);
  const terms = new Set<string>();
  const words = new Set<string>();
  let postingsMax = 0;
  for (let doc = 0; doc < memtable.documents; doc++) {
    const document = memtable.documentAt(doc);
    if (document === undefined) continue;
    ids.push(document.id);
    sources.push(document.source);
    documentLengths[doc] = lengths.numberOf(Uint32Array.from(document.lengths));
    for (const key of document.keys) terms.add(keyTerm(key));
    for (const word of document.words) words.add(word);
    postingsMax += document.keys.length;
  }
  const termList = [...terms];
  const codes = new RowTable(2 * fields);
  const postings = flatten(memtable, { fields, terms: termList, codes, postingsMax });
  const columns = memtable.columns.seal();
  const orders = collectOrders(memtable, termList);
  return assemble({
    fields,
    ids,
    sources,
    terms: termList,
    words: [...words],
    postings,
    codes,
    lengths,
    documentLengths,
    orders,
    columns,
  });
}

function collectOrders(memtable: Memtable, terms: readonly string[]): TokenOrders {
  const numbers = new Map(terms.map((term, number) => [term, number]));
  const pairs = new TokenOrderBuilder();
  const ends = new Uint32Array(memtable.documents);
  for (let doc = 0; doc < memtable.documents; doc++) {
    const { keys = [], order = [] } = memtable.documentAt(doc) ?? {};
    const termOf = keys.map((key) => numbers.get(keyTerm(key)) ?? 0);
    for (let i = 0; i < order.length; i += 2) pairs.add(termOf[order[i] ?? 0] ?? 0, order[i + 1] ?? 0);
    ends[doc] = pairs.size;
  }
  return { pairs: pairs.take(), ends };
}

type Flattening = {
  fields: number;
  terms: readonly string[];
  codes: RowTable;
  postingsMax: number;
};

/** Reads every key's slots; a term's fields in one document become one posting. */
function flatten(memtable: Memtable, flattening: Flattening): PostingColumns {
  const { fields, terms, codes, postingsMax } = flattening;
  const columns = {
    terms: new Uint32Array(postingsMax),
    docs: new Uint32Array(postingsMax),
    codes: new Uint32Array(postingsMax),
  };
  const frequencies = new Uint32Array(memtable.documents * fields);
  const seenFor = new Uint32Array(memtable.documents);
  const row = new Uint32Array(2 * fields);
  let size = 0;
  terms.forEach((term, number) => {
    const first = size;
    for (let field = 0; field < fields; field++) {
      memtable.eachFrequency(fieldKey(field, term), (doc, frequency) => {
        frequencies[doc * fields + field] = frequency;
        if (seenFor[doc] === number + 1) return;
        seenFor[doc] = number + 1;
        columns.terms[size] = number;
        columns.docs[size++] = doc;
      });
    }
    for (let i = first; i < size; i++) {
      const doc = columns.docs[i] ?? 0;
      const start = doc * fields;
      const lengths = memtable.lengthsOf(doc);
      for (let field = 0; field < fields; field++) {
        const frequency = frequencies[start + field] ?? 0;
        row[field] = frequency;
        row[fields + field] = frequency > 0 ? (lengths[field] ?? 0) : 0;
      }
      frequencies.fill(0, start, start + fields);
      columns.codes[i] = codes.numberOf(row);
    }
  });
  return {
    terms: columns.terms.subarray(0, size),
    docs: columns.docs.subarray(0, size),
    codes: columns.codes.subarray(0, size),
  };
}
