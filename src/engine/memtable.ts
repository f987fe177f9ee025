import { Index } from "flexsearch";
import { wholeSlice } from "../protocol/bytes.ts";
import type { DocumentSlice } from "../protocol/link.ts";
import { wordMark } from "../protocol/statistics.ts";
import type { Column } from "./column.ts";
import type { ColumnKind } from "./column-data.ts";
import type { LookupKey } from "./dictionary.ts";
import type { AnalyzedDocument } from "./document.ts";
import { fieldKey, keyTerm } from "./field-key.ts";
import { filterPiece } from "./filter.ts";
import type { FilterBits } from "./filter-bits.ts";
import { MemtableColumns } from "./memtable-columns.ts";
import type { PreparedPhrase } from "./phrase.ts";
import { checkDocuments, type PhraseCheck } from "./phrase-check.ts";
import type { Piece, TermLookup, WeighedPiece, WeightedTerm } from "./piece.ts";
import type { TermCursor } from "./postings.ts";
import type { PreparedFilter } from "./prepared-filter.ts";
import { eachCounts, type TermCounts } from "./term-counts.ts";
import { Tombstones } from "./tombstones.ts";
import { fieldShare, saturate, type Weighing } from "./weighing.ts";

/** FlexSearch keeps ids in as many slots as its resolution; a frequency beyond them stands beside it. */
const frequencySlots = 255;

/** Ids by frequency: slot i has the documents that hold the key i + 1 times, ascending. */
type FrequencySlots = readonly (readonly number[] | undefined)[];

/** What this file uses of FlexSearch, whose typings know only text that it analyzes itself. */
type TermIndex = {
  add(id: number, keys: readonly string[]): void;
  search(options: { query: readonly string[]; resolve: false }): { result: FrequencySlots };
};

function createTermIndex(slotOf: (key: string) => number): TermIndex {
  const options = {
    tokenize: "strict",
    resolution: frequencySlots,
    encode: (keys: unknown) => keys,
    score: (_keys: unknown, key: string) => slotOf(key),
  };
  return new Index(options as never) as unknown as TermIndex;
}

/**
 * The live, writable piece: documents are appended under ascending numbers and never changed. Its index is
 * FlexSearch's, used as a store of key -> frequency -> documents: keys pass through as they are, the score callback
 * files each under its frequency, and a lookup hands out the slots without copying. Nothing is ever removed, since
 * that costs FlexSearch a walk over the whole index: an update is a tombstone and an append.
 */
export class Memtable implements Piece {
  readonly kind = "memtable";
  readonly ordered = false;
  readonly tombstones = new Tombstones();
  readonly columns: MemtableColumns;
  readonly #fields: number;
  readonly #index: TermIndex;
  readonly #documents: AnalyzedDocument[] = [];
  readonly #byId = new Map<string, number>();
  /** Frequencies that no slot holds, by key and document. */
  readonly #beyondSlots = new Map<string, Map<number, number>>();
  /** Frequencies above 1 of the document being added. */
  readonly #adding = new Map<string, number>();
  #sizeBytes = 0;
  #shares = new Float64Array(64);

  constructor(fields: number, columnKinds: readonly ColumnKind[] = []) {
    this.#fields = fields;
    this.columns = new MemtableColumns(columnKinds, this.#documents);
    this.#index = createTermIndex((key) => Math.min(this.#adding.get(key) ?? 1, frequencySlots) - 1);
  }

  get documents(): number {
    return this.#documents.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Appends a document; answers its number. */
  append(document: AnalyzedDocument): number {
    const doc = this.#documents.length;
    this.#adding.clear();
    document.frequencies.forEach((frequency, i) => {
      const key = document.keys[i] ?? "";
      if (frequency > 1) this.#adding.set(key, frequency);
      if (frequency > frequencySlots) this.#keepBeyond(key, doc, frequency);
    });
    this.#index.add(doc, document.keys);
    this.#documents.push(document);
    this.#byId.set(document.id, doc);
    this.#sizeBytes += document.source.length + document.keys.length * 48 + document.order.byteLength + 300;
    return doc;
  }

  /** Takes back every document from a number on, as if it had never been found under its id. */
  retract(from: number, version: number): void {
    for (let doc = from; doc < this.#documents.length; doc++) this.tombstones.kill(doc, version);
    this.#byId.clear();
    for (let doc = 0; doc < from; doc++) this.#byId.set(this.idAt(doc), doc);
  }

  idAt(doc: number): string {
    return this.#documents[doc]?.id ?? "";
  }

  idsAt(docs: readonly number[]): string[] {
    return docs.map((doc) => this.idAt(doc));
  }

  sourceAt(doc: number): Uint8Array {
    return this.#documents[doc]?.source.slice() ?? new Uint8Array();
  }

  sourceView(doc: number): Uint8Array {
    return this.#documents[doc]?.source ?? new Uint8Array();
  }

  sourceSlice(doc: number): DocumentSlice {
    return wholeSlice(this.sourceView(doc));
  }

  frequenciesOf(doc: number, { term }: TermLookup): readonly number[] {
    const { keys = [], frequencies = [] } = this.#documents[doc] ?? {};
    return this.lengthsOf(doc).map((_length, field) => frequencies[keys.indexOf(fieldKey(field, term))] ?? 0);
  }

  find(id: LookupKey): number {
    if (this.#byId.size === 0) return -1;
    return this.#byId.get(Buffer.from(id.bytes.subarray(id.start, id.end)).toString()) ?? -1;
  }

  /** What a document takes out of the document frequencies when it dies. */
  takenBy(doc: number): TermCounts {
    const { keys = [], words = [] } = this.#documents[doc] ?? {};
    return eachCounts([...new Set(keys.map(keyTerm)), ...words.map((word) => wordMark + word)], -1);
  }

  lengthsOf(doc: number): readonly number[] {
    return this.#documents[doc]?.lengths ?? [];
  }

  column(number: number): Column | undefined {
    return this.columns.column(number);
  }

  filtered(filter: PreparedFilter): FilterBits {
    return filterPiece(this, filter);
  }

  phraseCheck(phrase: PreparedPhrase): PhraseCheck {
    return checkDocuments(this.#documents, phrase);
  }

  weighed(weighing: Weighing): WeighedPiece {
    return { ready: true, prepare: () => true, open: (term, limit) => this.#open(term, weighing, limit) };
  }

  documentAt(doc: number): AnalyzedDocument | undefined {
    return this.#documents[doc];
  }

  /** The documents from a number on. */
  documentsFrom(doc: number): readonly AnalyzedDocument[] {
    return this.#documents.slice(doc);
  }

  /** Every document that holds a key with the key's exact frequency there; by frequency, then ascending. */
  eachFrequency(key: string, take: (doc: number, frequency: number) => void): void {
    const { result } = this.#index.search({ query: [key], resolve: false });
    const beyond = this.#beyondSlots.get(key);
    for (let slot = 0; slot < result.length; slot++) {
      const docs = result[slot];
      if (docs === undefined) continue;
      for (const doc of docs) take(doc, slot < frequencySlots - 1 ? slot + 1 : (beyond?.get(doc) ?? frequencySlots));
    }
  }

  #open({ lookup, weight }: WeightedTerm, weighing: Weighing, limit: number): TermCursor | undefined {
    if (this.#shares.length < limit) this.#shares = new Float64Array(Math.max(limit, this.#shares.length * 2));
    const shares = this.#shares;
    const found: number[] = [];
    for (let field = 0; field < this.#fields; field++) {
      if ((weighing.boosts[field] ?? 0) === 0) continue;
      this.eachFrequency(fieldKey(field, lookup.term), (doc, frequency) => {
        if (doc >= limit) return;
        const before = shares[doc] ?? 0;
        if (before === 0) found.push(doc);
        shares[doc] = before + fieldShare(weighing, field, { frequency, length: this.lengthsOf(doc)[field] ?? 0 });
      });
    }
    if (found.length === 0) return undefined;
    const docs = Uint32Array.from(found).sort();
    const saturation = new Float64Array(docs.length);
    docs.forEach((doc, i) => {
      saturation[i] = saturate(weighing, shares[doc] ?? 0);
      shares[doc] = 0;
    });
    return { docs, codes: Uint32Array.from(docs, (_doc, i) => i), start: 0, end: docs.length, saturation, weight };
  }

  #keepBeyond(key: string, doc: number, frequency: number): void {
    const known = this.#beyondSlots.get(key);
    if (known === undefined) this.#beyondSlots.set(key, new Map([[doc, frequency]]));
    else known.set(doc, frequency);
  }
}
