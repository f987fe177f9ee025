import type { DocumentSlice } from "../protocol/link.ts";
import type { Column } from "./column.ts";
import type { LookupKey } from "./dictionary.ts";
import type { FilterBits } from "./filter-bits.ts";
import type { PreparedPhrase } from "./phrase.ts";
import type { PhraseCheck } from "./phrase-check.ts";
import type { TermCursor } from "./postings.ts";
import type { PreparedFilter } from "./prepared-filter.ts";
import type { Tombstones } from "./tombstones.ts";
import type { Weighing } from "./weighing.ts";

/** A term to look up in every piece. */
export type TermLookup = { term: string; key: LookupKey };

/** A term that adds to scores, and how much it weighs. */
export type WeightedTerm = { lookup: TermLookup; weight: number };

/** A part of a shard that numbers its documents from 0: a segment or a memtable. */
export type Piece = {
  readonly kind: "segment" | "memtable";
  /** All its documents, dead ones included. */
  readonly documents: number;
  readonly tombstones: Tombstones;
  /** Memory held, sources included. */
  readonly sizeBytes: number;
  /** Whether documents are numbered in the order of their ids. */
  readonly ordered: boolean;
  idAt(doc: number): string;
  idsAt(docs: readonly number[]): string[];
  /** A copy of the document's JSON. */
  sourceAt(doc: number): Uint8Array;
  /** The document's JSON where it lies. */
  sourceView(doc: number): Uint8Array;
  sourceSlice(doc: number): DocumentSlice;
  /** The latest document with an id, dead or alive, or -1. */
  find(id: LookupKey): number;
  /** How many terms each text field of a document holds. */
  lengthsOf(doc: number): readonly number[];
  /** How often each text field of a document holds a term. */
  frequenciesOf(doc: number, lookup: TermLookup): readonly number[];
  weighed(weighing: Weighing): WeighedPiece;
  /** Looks for a phrase in documents; undefined where no document of the piece can hold it. */
  phraseCheck(phrase: PreparedPhrase): PhraseCheck | undefined;
  /** A column of the documents that are there now, by its number. */
  column(number: number): Column | undefined;
  /** Which documents pass a filter. */
  filtered(filter: PreparedFilter): FilterBits;
};

/** A piece's postings under one weighing. */
export type WeighedPiece = {
  readonly ready: boolean;
  /** Gets ready, a bounded part of it at a time; true when it is. */
  prepare(): boolean;
  /**
   * A cursor of its own over the documents below `limit` that hold a term; a saturation of 0 where it is only in fields
   * that do not count.
   */
  open(term: WeightedTerm, limit: number): TermCursor | undefined;
};

/** A piece as one search sees it: later documents do not exist for it. */
export type PieceView = { piece: Piece; documents: number };
