import type { StatisticsCursor } from "../protocol/statistics.ts";
import type { Random } from "../time.ts";
import type { TermCounts } from "./term-counts.ts";
import type { LimitRow } from "./term-limits.ts";

/** A page of the journal: differences from a cursor on, and the cursor to go on from. */
export type JournalPage = {
  cursor: StatisticsCursor;
  reset: boolean;
  more: boolean;
  terms: string[];
  counts: number[];
  /** For each term the place of its row in `limitRows`, or -1; empty where none has one. */
  limits: number[];
  limitRows: LimitRow[];
};

type Entry = { start: number; counts: TermCounts };

/**
 * A shard's document frequencies as a list of differences that only grows; a cursor is a place in it. Entries decode
 * their terms when they are read, so that appending a whole segment costs nothing. Starting over gives it another
 * name, by which a follower knows to forget what it had.
 */
export class Journal {
  readonly #random: Random;
  #name = "";
  #entries: Entry[] = [];
  #length = 0;

  constructor(random: Random) {
    this.#random = random;
    this.restart([]);
  }

  /** How many differences a new follower has to read. */
  get length(): number {
    return this.#length;
  }

  append(counts: TermCounts): void {
    if (counts.size === 0) return;
    this.#entries.push({ start: this.#length, counts });
    this.#length += counts.size;
  }

  /** Forgets all entries for shorter ones with the same sums. */
  restart(entries: Iterable<TermCounts>): void {
    this.#name = Math.floor(this.#random.next() * 2 ** 52).toString(36);
    this.#entries = [];
    this.#length = 0;
    for (const counts of entries) this.append(counts);
  }

  /** Up to `limit` differences after a cursor; from the start where the cursor is of another journal. */
  page(since: StatisticsCursor | undefined, limit: number): JournalPage {
    const known = since !== undefined && since.journal === this.#name && since.version <= this.#length;
    const from = known ? since.version : 0;
    const to = Math.min(this.#length, from + limit);
    const terms: string[] = [];
    const counts: number[] = [];
    const limits: number[] = [];
    const rows = new Map<LimitRow, number>();
    const place = (row: LimitRow): number => {
      const known = rows.get(row) ?? rows.size;
      if (known === rows.size) rows.set(row, known);
      return known;
    };
    let entry = this.#entryAt(from);
    for (let at = from; at < to; ) {
      const held = this.#entries[entry++];
      if (held === undefined) break;
      const end = Math.min(to, held.start + held.counts.size);
      for (; at < end; at++) {
        terms.push(held.counts.termAt(at - held.start));
        counts.push(held.counts.countAt(at - held.start));
        const row = held.counts.limitAt?.(at - held.start);
        limits.push(row === undefined ? -1 : place(row));
      }
    }
    const cursor = { journal: this.#name, version: to };
    const more = to < this.#length;
    const limitRows = [...rows.keys()];
    return { cursor, reset: !known, more, terms, counts, limits: limitRows.length === 0 ? [] : limits, limitRows };
  }

  /** The entry that holds a place. */
  #entryAt(place: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { start, counts } = this.#entries[middle] ?? { start: 0, counts: { size: 0 } };
      if (start + counts.size <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
