import { asBuffer } from "../protocol/bytes.ts";
import type { DocumentSlice } from "../protocol/link.ts";
import type { ChampionLists } from "./champions.ts";
import { Column } from "./column.ts";
import { Dictionary, type LookupKey } from "./dictionary.ts";
import { startOf } from "./ends.ts";
import type { FilterBits } from "./filter-bits.ts";
import { FilterCache } from "./filter-cache.ts";
import { type HolderLists, holderBytes, holderLists } from "./holders.ts";
import type { PreparedPhrase } from "./phrase.ts";
import { checkSegment, type PhraseCheck } from "./phrase-check.ts";
import type { Piece, TermLookup, WeighedPiece, WeightedTerm } from "./piece.ts";
import { seek, type TermCursor } from "./postings.ts";
import type { PreparedFilter } from "./prepared-filter.ts";
import { type SaturationTable, SaturationTables } from "./saturation.ts";
import { type SegmentData, segmentSize } from "./segment-data.ts";
import { markedWords, type TermCounts } from "./term-counts.ts";
import { limitsByTerm } from "./term-limits.ts";
import { readPairs } from "./token-order.ts";
import { Tombstones } from "./tombstones.ts";
import { readVarint } from "./varint.ts";
import type { Weighing } from "./weighing.ts";
import { toldWord } from "./word-layout.ts";

const noTable = new Uint32Array();

/** A sealed, immutable piece; only its tombstones grow. Opening one computes nothing. */
export class Segment implements Piece {
  readonly kind = "segment";
  readonly ordered = true;
  readonly data: SegmentData;
  readonly tombstones = new Tombstones();
  readonly terms: Dictionary;
  readonly ids: Dictionary;
  /** Only to be read: they are not found by hash. */
  readonly words: Dictionary;
  readonly #saturation: SaturationTables;
  readonly #columns: readonly Column[];
  readonly #filters: FilterCache;
  readonly #holders: HolderLists;
  readonly #sources: Buffer;
  readonly #sizeBytes: number;

  constructor(data: SegmentData) {
    this.data = data;
    this.terms = new Dictionary(data.terms);
    this.ids = new Dictionary(data.ids);
    this.words = new Dictionary({ ...data.words, table: noTable });
    this.#saturation = new SaturationTables(data);
    this.#columns = data.columns.map((column) => new Column(column));
    this.#filters = new FilterCache(this);
    this.#holders = holderLists(data.documents, data.postingEnds);
    this.#sources = asBuffer(data.sources);
    const { indexBytes, sourceBytes } = segmentSize(data);
    this.#sizeBytes = indexBytes + sourceBytes;
  }

  get documents(): number {
    return this.data.documents;
  }

  get sizeBytes(): number {
    const holdersBytes = holderBytes(this.#holders, this.documents);
    return this.#sizeBytes + this.#saturation.sizeBytes + this.#filters.sizeBytes + holdersBytes;
  }

  idAt(doc: number): string {
    return this.ids.text(doc);
  }

  idsAt(docs: readonly number[]): string[] {
    return this.ids.texts(docs);
  }

  sourceAt(doc: number): Uint8Array {
    return this.sourceView(doc).slice();
  }

  sourceView(doc: number): Uint8Array {
    const { sources, sourceEnds } = this.data;
    return sources.subarray(startOf(sourceEnds, doc), sourceEnds[doc] ?? 0);
  }

  sourceSlice(doc: number): DocumentSlice {
    const { sourceEnds } = this.data;
    return { bytes: this.#sources, start: startOf(sourceEnds, doc), end: sourceEnds[doc] ?? 0 };
  }

  find(id: LookupKey): number {
    return this.ids.find(id);
  }

  /**
   * A document's tokens in order: each term's number and the gap before it. Then those of its words that must be told: it
   * holds these, and the first word of each term that is the term of none of these.
   */
  eachToken(doc: number, take: (term: number, gap: number) => void, takeWord?: (word: number) => void): void {
    const { fields, lengthRows, documentLengths, order, orderEnds } = this.data;
    const row = (documentLengths[doc] ?? 0) * fields;
    let tokens = 0;
    for (let field = 0; field < fields; field++) tokens += lengthRows[row + field] ?? 0;
    const place = { bytes: order, at: startOf(orderEnds, doc) };
    readPairs(place, tokens, take);
    if (takeWord === undefined) return;
    const terms = this.data.postingEnds.length;
    for (const end = orderEnds[doc] ?? 0; place.at < end; ) takeWord(toldWord(readVarint(place), terms));
  }

  /** The term that a word became, by their numbers. */
  termOfWord(word: number): number {
    const { postingEnds, wordTerms } = this.data;
    const terms = postingEnds.length;
    return word < terms ? word : (wordTerms[word - terms] ?? 0);
  }

  phraseCheck(phrase: PreparedPhrase): PhraseCheck | undefined {
    const numbers = phrase.terms.map(({ key }) => this.terms.find(key));
    return numbers.includes(-1) ? undefined : checkSegment(this.data, numbers, phrase);
  }

  /** Every term with its document frequency, the dead included. Holds on to the dictionary, not to the postings. */
  termCounts(): TermCounts {
    const { terms } = this;
    const { postingEnds } = this.data;
    return {
      size: terms.size,
      termAt: (i) => terms.text(i),
      countAt: (i) => (postingEnds[i] ?? 0) - startOf(postingEnds, i),
      limitAt: limitsByTerm(this.data),
    };
  }

  /** Every word, marked as such, with the number of documents that hold it, the dead included. */
  wordCounts(): TermCounts {
    const { text } = markedWords(this.words);
    const { wordCounts } = this.data;
    return { size: wordCounts.length, termAt: text, countAt: (i) => wordCounts[i] ?? 0 };
  }

  /** How many terms each text field holds in all documents, the dead included. */
  lengthTotals(): readonly number[] {
    return this.data.lengthTotals;
  }

  lengthsOf(doc: number): readonly number[] {
    const { fields, lengthRows, documentLengths } = this.data;
    const row = (documentLengths[doc] ?? 0) * fields;
    const lengths = new Array<number>(fields).fill(0);
    for (let field = 0; field < fields; field++) lengths[field] = lengthRows[row + field] ?? 0;
    return lengths;
  }

  column(number: number): Column | undefined {
    return this.#columns[number];
  }

  filtered(filter: PreparedFilter): FilterBits {
    return this.#filters.bits(filter);
  }

  /** The weighing that was asked for last, of those that were new here. */
  get latestWeighing(): Weighing | undefined {
    return this.#saturation.latest;
  }

  /** How many of its terms, numbered by falling frequency, have something kept of them once they are asked for. */
  frequentTerms(weighing: Weighing): number {
    return this.#saturation.for(weighing).champions.terms;
  }

  /** Whether it has been asked for a term under a weighing, and the term is frequent. */
  hasKept(key: LookupKey, weighing: Weighing): boolean {
    return this.#saturation.for(weighing).champions.has(this.terms.find(key));
  }

  /** Has kept of a frequent term what would be once it is asked for under a weighing. */
  keep(term: number, weighing: Weighing): void {
    const { values: saturation, champions } = this.#saturation.for(weighing);
    const { postingDocs: docs, postingCodes: codes, postingEnds } = this.data;
    const postings = { docs, codes, start: startOf(postingEnds, term), end: postingEnds[term] ?? 0, saturation };
    champions.of(term, postings);
    this.#holders.of(term, postings);
  }

  weighed(weighing: Weighing): WeighedPiece {
    const table = this.#saturation.for(weighing);
    table.reader ??= new WeighedSegment(this, this.#holders, table);
    return table.reader;
  }

  frequenciesOf(doc: number, { key }: TermLookup): readonly number[] {
    const { fields, frequencyRows, postingDocs, postingCodes, postingEnds } = this.data;
    const number = this.terms.find(key);
    const end = number < 0 ? 0 : (postingEnds[number] ?? 0);
    const at = number < 0 ? 0 : seek(postingDocs, doc, { from: startOf(postingEnds, number), to: end });
    if (at >= end || postingDocs[at] !== doc) return new Array<number>(fields).fill(0);
    const row = (postingCodes[at] ?? 0) * fields;
    return Array.from(frequencyRows.subarray(row, row + fields));
  }
}

/** Has what opening a term takes at hand by itself: on the way from object to object every step waits for memory. */
class WeighedSegment implements WeighedPiece {
  readonly #table: SaturationTable;
  readonly #terms: Dictionary;
  readonly #docs: Uint32Array;
  readonly #codes: Uint16Array | Uint32Array;
  readonly #ends: Uint32Array;
  readonly #saturation: Float64Array;
  readonly #champions: ChampionLists;
  readonly #holders: HolderLists;

  constructor({ terms, data }: Segment, holders: HolderLists, table: SaturationTable) {
    this.#table = table;
    this.#terms = terms;
    this.#docs = data.postingDocs;
    this.#codes = data.postingCodes;
    this.#ends = data.postingEnds;
    this.#saturation = table.values;
    this.#champions = table.champions;
    this.#holders = holders;
  }

  get ready(): boolean {
    return this.#table.ready;
  }

  prepare(): boolean {
    return this.#table.advance();
  }

  open({ lookup, weight }: WeightedTerm): TermCursor | undefined {
    const number = this.#terms.find(lookup.key);
    if (number < 0) return undefined;
    const cursor: TermCursor = {
      docs: this.#docs,
      codes: this.#codes,
      start: startOf(this.#ends, number),
      end: this.#ends[number] ?? 0,
      saturation: this.#saturation,
      champions: undefined,
      holders: undefined,
      weight,
    };
    cursor.champions = this.#champions.of(number, cursor);
    cursor.holders = this.#holders.of(number, cursor);
    return cursor;
  }
}
