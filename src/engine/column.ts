import { compareValues } from "../protocol/hit.ts";
import type { ColumnData, ColumnValue, RankArray } from "./column-data.ts";
import { Dictionary, lookupKey } from "./dictionary.ts";
import { startOf } from "./ends.ts";

/** Where a value stands, or would stand, among a column's: `rank` is the first whose value is not below it. */
export type RankPlace = { rank: number; held: boolean };

/** Reads a column. Opening one computes nothing. */
export class Column {
  readonly ranks: RankArray;
  readonly ends: Uint32Array | undefined;
  /** How many distinct values there are; ranks go from 1 to it. */
  readonly size: number;
  readonly #numbers: Float64Array | undefined;
  readonly #keywords: Dictionary | undefined;

  constructor({ values, ranks, ends }: ColumnData) {
    this.ranks = ranks;
    this.ends = ends;
    if (values.kind === "numbers") this.#numbers = values.numbers;
    else this.#keywords = new Dictionary(values.keywords);
    this.size = this.#numbers?.length ?? this.#keywords?.size ?? 0;
  }

  valueAt(rank: number): ColumnValue {
    return this.#numbers?.[rank - 1] ?? this.#keywords?.text(rank - 1) ?? 0;
  }

  /** The rank of a value, 0 where no document has it. */
  rankOf(value: ColumnValue): number {
    if (this.#keywords !== undefined) return typeof value === "string" ? this.#keywords.find(lookupKey(value)) + 1 : 0;
    const { rank, held } = this.place(value);
    return held ? rank : 0;
  }

  /** Finds a value's place by halving. */
  place(value: ColumnValue): RankPlace {
    let low = 1;
    let high = this.size + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareValues(this.valueAt(middle), value) < 0) low = middle + 1;
      else high = middle;
    }
    return { rank: low, held: low <= this.size && compareValues(this.valueAt(low), value) === 0 };
  }

  /** The rank of a document's least value, 0 where it has none. */
  leastRank(doc: number): number {
    if (this.ends === undefined) return this.ranks[doc] ?? 0;
    const start = startOf(this.ends, doc);
    return start < (this.ends[doc] ?? 0) ? (this.ranks[start] ?? 0) : 0;
  }
}
