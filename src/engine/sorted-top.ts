import { compareIds, type SortValue } from "../protocol/hit.ts";
import type { Column } from "./column.ts";
import type { Piece } from "./piece.ts";
import type { PreparedSort, SortKey } from "./prepared-sort.ts";

/** Keeps the best documents of one piece. The caller may skip what scores below `floor`. */
export type BestDocuments = {
  readonly floor: number;
  offer(doc: number, score: number): void;
  each(take: (doc: number, score: number) => void): void;
};

type PieceKey = SortKey & { values: Column | undefined };

/** A document with what it is sorted by, as numbers that ascend in the order wanted. */
type Entry = { doc: number; score: number; places: readonly number[] };

/**
 * The first documents of one piece in a given order: a binary heap with the last of them on top. Within a piece, values
 * are compared by their ranks; a document without a value comes last, whichever way the order goes.
 */
export class SortedTop implements BestDocuments {
  readonly floor: number;
  readonly #capacity: number;
  readonly #piece: Piece;
  readonly #keys: readonly PieceKey[];
  readonly #after: { id: string; places: readonly number[] } | undefined;
  readonly #heap: Entry[] = [];

  constructor(capacity: number, piece: Piece, { keys, after }: PreparedSort) {
    this.floor = capacity === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.#capacity = capacity;
    this.#piece = piece;
    this.#keys = keys.map((key) => ({
      ...key,
      values: key.column === undefined ? undefined : piece.column(key.column),
    }));
    this.#after = after && {
      id: after.id,
      places: this.#keys.map((key, i) => placeOfValue(key, after.values[i] ?? null)),
    };
  }

  /** Takes a document if it is among the first so far. */
  offer(doc: number, score: number): void {
    if (this.#after !== undefined && !this.#follows(doc, score, this.#after)) return;
    if (this.#heap.length < this.#capacity) {
      this.#heap.push(this.#entry(doc, score));
      this.#rise();
      return;
    }
    const last = this.#heap[0];
    if (last === undefined || this.#compare(doc, score, last) >= 0) return;
    this.#heap[0] = this.#entry(doc, score);
    this.#sink();
  }

  /** The documents kept, in no order. */
  each(take: (doc: number, score: number) => void): void {
    for (const { doc, score } of this.#heap) take(doc, score);
  }

  /** A document's sort values. */
  valuesOf(doc: number, score: number): SortValue[] {
    return this.#keys.map(({ column, values }) => {
      if (column === undefined) return score;
      const rank = values?.leastRank(doc) ?? 0;
      return rank === 0 ? null : (values?.valueAt(rank) ?? null);
    });
  }

  #follows(doc: number, score: number, after: { id: string; places: readonly number[] }): boolean {
    const order = this.#comparePlaces(doc, score, after.places);
    return order > 0 || (order === 0 && compareIds(this.#piece.idAt(doc), after.id) > 0);
  }

  #entry(doc: number, score: number): Entry {
    return { doc, score, places: this.#keys.map((key) => placeOf(key, doc, score)) };
  }

  /** Negative: the document comes before what has these places. */
  #comparePlaces(doc: number, score: number, places: readonly number[]): number {
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i];
      const place = key === undefined ? 0 : placeOf(key, doc, score);
      const other = places[i] ?? 0;
      if (place !== other) return place < other ? -1 : 1;
    }
    return 0;
  }

  #compare(doc: number, score: number, other: Entry): number {
    const order = this.#comparePlaces(doc, score, other.places);
    if (order !== 0) return order;
    return this.#piece.ordered ? doc - other.doc : compareIds(this.#piece.idAt(doc), this.#piece.idAt(other.doc));
  }

  #rise(): void {
    const heap = this.#heap;
    let place = heap.length - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#swapIfAfter(place, parent)) return;
      place = parent;
    }
  }

  #sink(): void {
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [a, b] = [this.#heap[left], this.#heap[left + 1]];
      if (a === undefined) return;
      const child = b !== undefined && this.#compare(b.doc, b.score, a) > 0 ? left + 1 : left;
      if (!this.#swapIfAfter(child, place)) return;
      place = child;
    }
  }

  /** Swaps a child with its parent where it comes after it. */
  #swapIfAfter(child: number, parent: number): boolean {
    const lower = this.#heap[child];
    const upper = this.#heap[parent];
    if (lower === undefined || upper === undefined || this.#compare(lower.doc, lower.score, upper) <= 0) return false;
    this.#heap[child] = upper;
    this.#heap[parent] = lower;
    return true;
  }
}

const lastPlace = Number.POSITIVE_INFINITY;

function placeOf({ column, values, descending }: PieceKey, doc: number, score: number): number {
  if (column === undefined) return descending ? -score : score;
  const rank = values?.leastRank(doc) ?? 0;
  return rank === 0 ? lastPlace : descending ? -rank : rank;
}

/** The place of a value that need not be in this piece: then it stands half a place before the next one. */
function placeOfValue({ column, values, descending }: PieceKey, value: SortValue): number {
  if (value === null) return lastPlace;
  if (column === undefined) return descending ? -Number(value) : Number(value);
  const { rank, held } = values?.place(value) ?? { rank: 1, held: false };
  const place = held ? rank : rank - 0.5;
  return descending ? -place : place;
}
