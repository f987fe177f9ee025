import { compareValues } from "../protocol/hit.ts";
import type { Column } from "./column.ts";
import type { ColumnValue } from "./column-data.ts";
import { startOf } from "./ends.ts";
import { Top } from "./top.ts";

/** How many values are looked at between two looks at the clock: some 0.2 ms, since strings must be read. */
const valuesAtOnce = 512;

/** Counts the values of one column over the matches of one piece. */
export class FacetCounts {
  readonly #column: Column | undefined;
  /** By rank; at 0 the documents without a value. */
  readonly #counts: Uint32Array;
  /** The ranks that were counted at all. */
  readonly #counted: number[] = [];
  #folded = 0;

  constructor(column: Column | undefined) {
    this.#column = column;
    this.#counts = new Uint32Array((column?.size ?? 0) + 1);
  }

  count(doc: number): void {
    const column = this.#column;
    if (column?.ends === undefined) {
      this.#add(column?.ranks[doc] ?? 0);
      return;
    }
    const end = column.ends[doc] ?? 0;
    let at = startOf(column.ends, doc);
    if (at === end) this.#add(0);
    for (; at < end; at++) this.#add(column.ranks[at] ?? 0);
  }

  #add(rank: number): void {
    const count = this.#counts[rank] ?? 0;
    if (count === 0) this.#counted.push(rank);
    this.#counts[rank] = count + 1;
  }

  /** Adds the next few hundred values to a shard's; true when all are in it. */
  fold(into: FacetTotals): boolean {
    const end = Math.min(this.#counted.length, this.#folded + valuesAtOnce);
    for (; this.#folded < end; this.#folded++) {
      const rank = this.#counted[this.#folded] ?? 0;
      const count = this.#counts[rank] ?? 0;
      if (rank === 0) into.missing += count;
      else into.add(this.#column?.valueAt(rank) ?? 0, count);
    }
    return end === this.#counted.length;
  }
}

/** One facet's counts over all pieces of a shard, and the values with the highest. */
export class FacetTotals {
  missing = 0;
  readonly #places = new Map<ColumnValue, number>();
  readonly #values: ColumnValue[] = [];
  readonly #counts: number[] = [];
  readonly #listedMax: number;
  #top: Top | undefined;
  #ranked = 0;

  /** `listedMax`: more values than these are not told. */
  constructor(listedMax: number) {
    this.#listedMax = listedMax;
  }

  add(value: ColumnValue, count: number): void {
    const place = this.#places.get(value) ?? this.#places.size;
    if (place === this.#values.length) {
      this.#places.set(value, place);
      this.#values.push(value);
    }
    this.#counts[place] = (this.#counts[place] ?? 0) + count;
  }

  /** Ranks the next few hundred values, once all counts are in; true when all are ranked. */
  rank(): boolean {
    if (this.#values.length <= this.#listedMax) return true;
    const values = this.#values;
    this.#top ??= new Top(this.#listedMax, 0, (a, b) => compareValues(values[a] ?? 0, values[b] ?? 0) < 0);
    const end = Math.min(values.length, this.#ranked + valuesAtOnce);
    for (; this.#ranked < end; this.#ranked++) this.#top.offer(this.#ranked, this.#counts[this.#ranked] ?? 0);
    return end === values.length;
  }

  /** The values with the highest counts, and a bound of the count of any other; `undefined` while it is unknown. */
  list(): { values: [ColumnValue, number][]; rest: number | undefined } {
    if (this.#values.length <= this.#listedMax) {
      return { values: this.#values.map((value, place) => [value, this.#counts[place] ?? 0]), rest: 0 };
    }
    const listed: [ColumnValue, number][] = [];
    this.#top?.each((place, count) => void listed.push([this.#values[place] ?? 0, count]));
    return { values: listed, rest: this.#ranked === this.#values.length ? this.#top?.floor : undefined };
  }
}
