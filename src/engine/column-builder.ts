import { compareValues } from "../protocol/hit.ts";
import type { ColumnData, ColumnKind, ColumnValue, RankArray } from "./column-data.ts";
import type { CellValue } from "./column-values.ts";
import { buildDictionary } from "./dictionary.ts";
import { numberIn } from "./number-in.ts";
import { newFloat64, newUint8, newUint16, newUint32 } from "./shared-arrays.ts";

/** Gathers a column's values, for any documents in any order, and lays them out. */
export class ColumnBuilder {
  readonly #kind: ColumnKind;
  readonly #numbers = new Map<ColumnValue, number>();
  /** Each document's first value's number + 1, 0 while it has none. */
  readonly #firsts: Uint32Array;
  /** All value numbers of the documents with several. */
  readonly #several = new Map<number, number[]>();

  constructor(kind: ColumnKind, documents: number) {
    this.#kind = kind;
    this.#firsts = new Uint32Array(documents);
  }

  addCell(doc: number, cell: CellValue): void {
    if (typeof cell === "number" || typeof cell === "string") this.add(doc, this.numberOf(cell));
    else if (cell !== null) for (const value of cell) this.add(doc, this.numberOf(value));
  }

  /** Numbers values in the order in which they first come. */
  numberOf(value: ColumnValue): number {
    return numberIn(this.#numbers, value);
  }

  /** Gives a document one more value, by its number; each only once. */
  add(doc: number, number: number): void {
    const first = this.#firsts[doc] ?? 0;
    if (first === 0) {
      this.#firsts[doc] = number + 1;
      return;
    }
    const several = this.#several.get(doc);
    if (several === undefined) this.#several.set(doc, [first - 1, number]);
    else several.push(number);
  }

  /** The column; values are ranked by their order, strings as ids are. */
  build(): ColumnData {
    const found = [...this.#numbers.keys()];
    const order = [...found.keys()].sort((a, b) => compareValues(found[a] ?? 0, found[b] ?? 0));
    const rankOf = new Uint32Array(found.length + 1);
    order.forEach((number, place) => {
      rankOf[number + 1] = place + 1;
    });
    const sorted = order.map((number) => found[number] ?? 0);
    return { values: layOut(this.#kind, sorted), ...this.#rank(rankOf) };
  }

  #rank(rankOf: Uint32Array): Pick<ColumnData, "ranks" | "ends"> {
    const documents = this.#firsts.length;
    const rankMax = rankOf.length - 1;
    if (this.#several.size === 0) {
      const ranks = newRanks(documents, rankMax);
      for (let doc = 0; doc < documents; doc++) ranks[doc] = rankOf[this.#firsts[doc] ?? 0] ?? 0;
      return { ranks, ends: undefined };
    }
    const ends = newUint32(documents);
    let size = 0;
    for (let doc = 0; doc < documents; doc++) {
      size += this.#several.get(doc)?.length ?? (this.#firsts[doc] === 0 ? 0 : 1);
      ends[doc] = size;
    }
    const ranks = newRanks(size, rankMax);
    for (let doc = 0, at = 0; doc < documents; at = ends[doc++] ?? 0) {
      const several = this.#several.get(doc);
      if (several !== undefined) ranks.set(several.map((number) => rankOf[number + 1] ?? 0).sort(ascending), at);
      else if (this.#firsts[doc] !== 0) ranks[at] = rankOf[this.#firsts[doc] ?? 0] ?? 0;
    }
    return { ranks, ends };
  }
}

const ascending = (a: number, b: number): number => a - b;

function layOut(kind: ColumnKind, sorted: readonly ColumnValue[]): ColumnData["values"] {
  if (kind === "keywords") return { kind, keywords: buildDictionary(sorted.map(String)) };
  const numbers = newFloat64(sorted.length);
  numbers.set(sorted.map(Number));
  return { kind, numbers };
}

function newRanks(length: number, rankMax: number): RankArray {
  if (rankMax <= 0xff) return newUint8(length);
  if (rankMax <= 0xffff) return newUint16(length);
  return newUint32(length);
}
