import type { RangeEnds } from "../protocol/plan.ts";
import type { Column } from "./column.ts";
import type { ColumnValue } from "./column-data.ts";
import { startOf } from "./ends.ts";
import { type BlockTest, blockDocuments, blockWords, FilterBits } from "./filter-bits.ts";
import type { Piece } from "./piece.ts";
import type { FilterCondition, PreparedFilter } from "./prepared-filter.ts";

/** Values that are looked up without looking at the clock. */
const lookedUpAtOnce = 512;

/**
 * Which documents of a piece, of those there are now, pass a filter. Documents are tested when they are asked for, and
 * where many values are, these are looked up step by step before that.
 */
export function filterPiece(piece: Piece, { condition }: PreparedFilter): FilterBits {
  const lookups: Lookups = [];
  return new FilterBits(piece.documents, compile(condition, piece, lookups), lookups);
}

type Lookups = (() => void)[];

function compile(condition: FilterCondition, piece: Piece, lookups: Lookups): BlockTest {
  switch (condition.kind) {
    case "not":
      return inverted(compile(condition.of, piece, lookups));
    case "and":
      return combined(
        condition.of.map((part) => compile(part, piece, lookups)),
        { start: 0xffff_ffff, join: (a, b) => a & b },
      );
    case "or":
      return combined(
        condition.of.map((part) => compile(part, piece, lookups)),
        { start: 0, join: (a, b) => a | b },
      );
    case "in":
      return anyOf(piece.column(condition.column), condition.values, lookups);
    case "range":
      return within(piece.column(condition.column), condition.ends);
  }
}

const none: BlockTest = (_start, words) => void words.fill(0);

function inverted(test: BlockTest): BlockTest {
  return (start, words) => {
    test(start, words);
    for (let i = 0; i < blockWords; i++) words[i] = ~(words[i] ?? 0);
  };
}

type Joining = { start: number; join: (a: number, b: number) => number };

function combined(tests: readonly BlockTest[], { start: first, join }: Joining): BlockTest {
  const part = new Uint32Array(blockWords);
  return (start, words) => {
    words.fill(first);
    for (const test of tests) {
      test(start, part);
      for (let i = 0; i < blockWords; i++) words[i] = join(words[i] ?? 0, part[i] ?? 0);
    }
  };
}

function anyOf(column: Column | undefined, values: readonly ColumnValue[], lookups: Lookups): BlockTest {
  if (column === undefined) return none;
  if (values.length > lookedUpAtOnce) return anyOfMany(column, values, lookups);
  const ranks = values.map((value) => column.rankOf(value)).filter((rank) => rank > 0);
  const [first, ...others] = ranks;
  if (first === undefined) return none;
  if (others.length === 0) return rankTest(column, (rank) => rank === first);
  const accepted = new Uint8Array(column.size + 1);
  for (const rank of ranks) accepted[rank] = 1;
  return rankTest(column, (rank) => accepted[rank] === 1);
}

function anyOfMany(column: Column, values: readonly ColumnValue[], lookups: Lookups): BlockTest {
  const accepted = new Uint8Array(column.size + 1);
  for (let from = 0; from < values.length; from += lookedUpAtOnce) {
    lookups.push(() => {
      for (const value of values.slice(from, from + lookedUpAtOnce)) accepted[column.rankOf(value)] = 1;
    });
  }
  return rankTest(column, (rank) => accepted[rank] === 1);
}

function within(column: Column | undefined, { gte, gt, lte, lt }: RangeEnds): BlockTest {
  if (column === undefined) return none;
  let from = 1;
  let to = column.size + 1;
  if (gte !== undefined) from = Math.max(from, column.place(gte).rank);
  if (gt !== undefined) from = Math.max(from, rankAfter(column, gt));
  if (lte !== undefined) to = Math.min(to, rankAfter(column, lte));
  if (lt !== undefined) to = Math.min(to, column.place(lt).rank);
  return from >= to ? none : rankTest(column, (rank) => rank >= from && rank < to);
}

/** The first rank whose value is above one. */
function rankAfter(column: Column, value: ColumnValue): number {
  const { rank, held } = column.place(value);
  return held ? rank + 1 : rank;
}

/** Documents with a rank that is accepted; `accepts` is never asked about 0. */
function rankTest({ ranks, ends }: Column, accepts: (rank: number) => boolean): BlockTest {
  if (ends === undefined) {
    return (start, words) => {
      words.fill(0);
      const end = Math.min(ranks.length, start + blockDocuments);
      for (let doc = start; doc < end; doc++) {
        const rank = ranks[doc] ?? 0;
        if (rank > 0 && accepts(rank)) setBit(words, doc - start);
      }
    };
  }
  return (start, words) => {
    words.fill(0);
    const end = Math.min(ends.length, start + blockDocuments);
    let at = startOf(ends, start);
    for (let doc = start; doc < end; doc++) {
      for (const to = ends[doc] ?? 0; at < to; at++) if (accepts(ranks[at] ?? 0)) setBit(words, doc - start);
    }
  };
}

function setBit(words: Uint32Array, place: number): void {
  words[place >>> 5] = (words[place >>> 5] ?? 0) | (1 << (place & 31));
}
