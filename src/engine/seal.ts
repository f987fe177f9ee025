import { assemble, type PostingColumns } from "./assemble.ts";
import type { AnalyzedDocument } from "./document.ts";
import { keyField, keyTerm } from "./field-key.ts";
import type { Memtable } from "./memtable.ts";
import { numberIn } from "./number-in.ts";
import { NumberList } from "./number-list.ts";
import { RowTable } from "./row-table.ts";
import type { SegmentData } from "./segment-data.ts";
import { bytesOf } from "./string-bytes.ts";
import { TokenOrderBuilder, type TokenOrders } from "./token-order.ts";
import type { DocumentWords } from "./word-layout.ts";

/**
 * Flattens a memtable's index into a segment. The documents must have been appended in the order of their ids, each
 * id once, and none of them may be dead.
 */
export function seal(memtable: Memtable, fields: number): SegmentData {
  const ids: string[] = [];
  const sources: Uint8Array[] = [];
  const lengths = new RowTable(fields);
  const documentLengths = new Uint32Array(memtable.documents);
  const keys = new KeyNumbers();
  const words = new WordCollector(memtable.documents);
  const orders = new OrderCollector(memtable.documents);
  for (let doc = 0; doc < memtable.documents; doc++) {
    const document = memtable.documentAt(doc);
    if (document === undefined) continue;
    ids.push(document.id);
    sources.push(document.source);
    documentLengths[doc] = lengths.numberOf(Uint32Array.from(document.lengths));
    const terms = document.keys.map((key) => keys.termOf(key));
    orders.add(doc, document.order, terms);
    words.add(doc, document, terms);
  }
  const codes = new RowTable(2 * fields);
  const postings = flatten(memtable, { fields, keys, codes });
  return assemble({
    fields,
    ids,
    sources,
    terms: bytesOf(keys.terms),
    words: words.take(),
    postings,
    codes,
    lengths,
    documentLengths,
    orders: orders.take(),
    columns: memtable.columns.seal(),
  });
}

/** Numbers terms in the order in which they first come, and knows the keys of each. */
class KeyNumbers {
  /** Of each term. */
  readonly keys: string[][] = [];
  /** How many keys have been asked for, repetitions included: as many as there are postings at most. */
  postingsMax = 0;
  readonly #termOfKey = new Map<string, number>();
  readonly #numbers = new Map<string, number>();

  /** By their numbers. */
  get terms(): string[] {
    return [...this.#numbers.keys()];
  }

  /** The number of a key's term. Cutting the term out of the key is what takes time, so that is done once for each. */
  termOf(key: string): number {
    this.postingsMax++;
    const known = this.#termOfKey.get(key);
    if (known !== undefined) return known;
    const number = numberIn(this.#numbers, keyTerm(key));
    this.#termOfKey.set(key, number);
    if (number === this.keys.length) this.keys.push([]);
    this.keys[number]?.push(key);
    return number;
  }
}

/** Collects the order of documents' tokens, by the numbers of their terms. */
class OrderCollector {
  readonly #pairs = new TokenOrderBuilder();
  readonly #ends: Uint32Array;

  constructor(documents: number) {
    this.#ends = new Uint32Array(documents);
  }

  /** `terms`: the numbers that stand for the order's own. */
  add(doc: number, order: Uint32Array, terms: readonly number[]): void {
    for (let i = 0; i < order.length; i += 2) this.#pairs.add(terms[order[i] ?? 0] ?? 0, order[i + 1] ?? 0);
    this.#ends[doc] = this.#pairs.size;
  }

  take(): TokenOrders {
    return { pairs: this.#pairs.take(), ends: this.#ends };
  }
}

/** Collects documents' words, numbered in the order in which they first come. */
class WordCollector {
  readonly #numbers = new Map<string, number>();
  readonly #terms: number[] = [];
  readonly #held = new NumberList();
  readonly #ends: Uint32Array;

  constructor(documents: number) {
    this.#ends = new Uint32Array(documents);
  }

  /** `terms`: the numbers of the terms of the document's keys. */
  add(doc: number, { words, wordKeys }: AnalyzedDocument, terms: readonly number[]): void {
    words.forEach((word, i) => {
      const number = numberIn(this.#numbers, word);
      if (number === this.#terms.length) this.#terms.push(terms[wordKeys[i] ?? 0] ?? 0);
      this.#held.add(number);
    });
    this.#ends[doc] = this.#held.size;
  }

  take(): DocumentWords {
    const held = { numbers: this.#held.numbers, ends: this.#ends };
    return { strings: bytesOf([...this.#numbers.keys()]), terms: this.#terms, held };
  }
}

type Flattening = { fields: number; keys: KeyNumbers; codes: RowTable };

/** Reads every key's slots; a term's fields in one document become one posting. */
function flatten(memtable: Memtable, { fields, keys, codes }: Flattening): PostingColumns {
  const columns = {
    terms: new Uint32Array(keys.postingsMax),
    docs: new Uint32Array(keys.postingsMax),
    codes: new Uint32Array(keys.postingsMax),
  };
  const frequencies = new Uint32Array(memtable.documents * fields);
  const seenFor = new Uint32Array(memtable.documents);
  const row = new Uint32Array(2 * fields);
  let size = 0;
  keys.keys.forEach((keysOfTerm, number) => {
    const first = size;
    for (const key of keysOfTerm) {
      const field = keyField(key);
      memtable.eachFrequency(key, (doc, frequency) => {
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
