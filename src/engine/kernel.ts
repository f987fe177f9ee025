import { type Holders, holds, placeOf } from "./holders.ts";
import { seek, type TermCursor } from "./postings.ts";
import type { Sieve } from "./sieve.ts";
import type { Tombstones } from "./tombstones.ts";

/** One clause's terms in one piece. */
export type ClauseCursor = { occur: "optional" | "required" | "excluded"; terms: TermCursor[] };

/**
 * The widest range of documents scored at once. The scratch below holds nothing between windows, so any number of
 * searches take turns on it.
 */
export const windowMax = 1 << 14;

const scores = new Float64Array(windowMax);
/** A clause's best term so far; -1 where no term of it stands. */
const best = new Float64Array(windowMax).fill(-1);
/** Bits 0-14 count optional clauses, 15-29 required ones, bit 30 is set by an excluded one. */
const marks = new Int32Array(windowMax);
const touched = new Uint32Array(windowMax);
const bestTouched = new Uint32Array(windowMax);

/** The score of a document that has been collected; no real one is negative. */
const collected = -1;
/** Of one that only counts: whatever else it holds, it cannot be kept. */
const tooLow = -2;

const requiredMark = 1 << 15;
const excludedMark = 1 << 30;

/** What a document needs to match. */
export type Matching = { required: number; atLeast: number };

/** How many documents of a window match; `touched` has their distances from its start, their places in `scores`. */
export type WindowMatches = { count: number };

const matches: WindowMatches = { count: 0 };

/** Where a window's matches go: every living one that is admitted counts, and those scoring at least `floor` are offered. */
export type Collector = {
  readonly floor: number;
  /** Absent where nobody is dead. */
  readonly tombstones: Tombstones | undefined;
  readonly version: number;
  /** Absent where every match is admitted. */
  readonly sieve: Sieve | undefined;
  offer(doc: number, score: number): void;
};

/**
 * Scores and collects the documents of [start, end) where every clause is optional, has one term and a match is worth
 * more than 0; answers how many match. Clauses are added in order, so a document's score is the same sum in whatever
 * piece it stands. The last clause completes its documents' scores and hands them on at once.
 */
export function collectSimple(
  terms: readonly TermCursor[],
  { start, end }: { start: number; end: number },
  collector: Collector,
): number {
  const last = terms.length - 1;
  const idle = idleFrom(terms, collector);
  let count = 0;
  for (let i = 0; i < last; i++) {
    const cursor = terms[i];
    if (cursor === undefined) continue;
    if (i >= idle) count = countOnly(cursor, start, { end, count });
    else count = i === 0 ? fillScores(cursor, start, end) : addScores(cursor, start, { end, count });
  }
  const cursor = terms[last];
  matches.count = count;
  if (cursor?.holders !== undefined && last >= idle && collector.tombstones === undefined)
    return collectHeld(cursor, cursor.holders, { start, end, collector });
  const added = cursor === undefined ? 0 : collectLast(cursor, { start, end }, collector);
  return added + collectMatches(matches, start, collector);
}

/** Sums of the same numbers in different orders differ by less. */
const rounding = 1 + 2 ** -48;

/**
 * From which term on all that follow together are worth less than what is kept already: a document that holds none
 * before them need not be scored ("MaxScore", Turtle and Flood, 1995). Most are found where the rarest terms come first.
 */
function idleFrom(terms: readonly TermCursor[], { floor, sieve }: Collector): number {
  if (sieve !== undefined) return terms.length;
  let worth = 0;
  let from = terms.length;
  while (from > 0) {
    worth += terms[from - 1]?.weight ?? 0;
    if (worth * rounding >= floor) break;
    from--;
  }
  return from;
}

/** Collects what a window left in the scores, and leaves them at 0; answers how many documents are alive. */
export function collectMatches({ count }: WindowMatches, start: number, collector: Collector): number {
  const { tombstones, version, sieve } = collector;
  let { floor } = collector;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const at = touched[i] ?? 0;
    const score = scores[at] ?? 0;
    scores[at] = 0;
    if (score === collected || tombstones?.isDead(start + at, version)) continue;
    if (sieve !== undefined && !sieve.admits(start + at)) continue;
    total++;
    if (score < floor || score === tooLow) continue;
    collector.offer(start + at, score);
    floor = collector.floor;
  }
  return total;
}

/**
 * Collects what a window left in the scores, where the last term by itself is worth less than what is kept: its postings
 * are not read, documents are looked up in it. Leaves the scores at 0; answers how many documents match.
 */
function collectHeld(last: TermCursor, holders: Holders, { start, end, collector }: HeldRange): number {
  const { codes, saturation, weight } = last;
  const to = windowEnd(last, end);
  let { floor } = collector;
  let total = to - last.start;
  for (let i = 0; i < matches.count; i++) {
    const at = touched[i] ?? 0;
    let score = scores[at] ?? 0;
    scores[at] = 0;
    const doc = start + at;
    const held = holds(holders.bits, doc);
    total += 1 - held;
    if (score === tooLow || score + held * weight < floor) continue;
    if (held === 1) score += weight * (saturation[codes[placeOf(holders, doc)] ?? 0] ?? 0);
    if (score < floor) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  last.start = to;
  return total;
}

type HeldRange = { start: number; end: number; collector: Collector };

/** Adds the last term and collects its documents; answers how many of them are alive. */
function collectLast(cursor: TermCursor, { start, end }: { start: number; end: number }, collector: Collector): number {
  const { docs, codes, saturation, weight } = cursor;
  const to = windowEnd(cursor, end);
  const { tombstones, version, sieve } = collector;
  let { floor } = collector;
  // Below it a document that holds this term alone cannot be kept, and only counts.
  let counted = sieve === undefined ? floor : 0;
  let total = 0;
  for (let i = cursor.start; i < to; i++) {
    const doc = docs[i] ?? 0;
    const at = doc - start;
    const before = scores[at] ?? 0;
    if (before === 0 && weight < counted) {
      if (!tombstones?.isDead(doc, version)) total++;
      continue;
    }
    if (before === tooLow) continue;
    const score = before + weight * (saturation[codes[i] ?? 0] ?? 0);
    if (before !== 0) scores[at] = collected;
    if (tombstones?.isDead(doc, version)) continue;
    if (sieve !== undefined && !sieve.admits(doc)) continue;
    total++;
    if (score < floor) continue;
    collector.offer(doc, score);
    floor = collector.floor;
    if (sieve === undefined) counted = floor;
  }
  cursor.start = to;
  return total;
}

function fillScores(cursor: TermCursor, start: number, end: number): number {
  const { docs, codes, saturation, weight } = cursor;
  const from = cursor.start;
  const to = windowEnd(cursor, end);
  for (let i = from; i < to; i++) {
    const at = (docs[i] ?? 0) - start;
    scores[at] = weight * (saturation[codes[i] ?? 0] ?? 0);
    touched[i - from] = at;
  }
  cursor.start = to;
  return to - from;
}

function addScores(cursor: TermCursor, start: number, { end, count }: { end: number; count: number }): number {
  const { docs, codes, saturation, weight } = cursor;
  const to = windowEnd(cursor, end);
  let size = count;
  for (let i = cursor.start; i < to; i++) {
    const at = (docs[i] ?? 0) - start;
    const before = scores[at] ?? 0;
    if (before === 0) touched[size++] = at;
    scores[at] = before + weight * (saturation[codes[i] ?? 0] ?? 0);
  }
  cursor.start = to;
  return size;
}

/** Adds a term to the scores of documents that have one, and notes the others. */
function countOnly(cursor: TermCursor, start: number, { end, count }: { end: number; count: number }): number {
  const { docs, codes, saturation, weight } = cursor;
  const to = windowEnd(cursor, end);
  let size = count;
  for (let i = cursor.start; i < to; i++) {
    const at = (docs[i] ?? 0) - start;
    const before = scores[at] ?? 0;
    if (before > 0) scores[at] = before + weight * (saturation[codes[i] ?? 0] ?? 0);
    else if (before === 0) {
      scores[at] = tooLow;
      touched[size++] = at;
    }
  }
  cursor.start = to;
  return size;
}

/** Up to where a term's postings are of documents below `end`. */
export function windowEnd({ docs, start, end: to }: TermCursor, end: number): number {
  // Most windows hold all that is left of a term.
  if (to > start && (docs[to - 1] ?? 0) < end) return to;
  return seek(docs, end, { from: start, to });
}

/**
 * Scores the documents of [start, end) under any clauses: a clause is worth its best term, and a document matches
 * when it meets `matching` and no excluded clause.
 */
export function scoreGeneral(
  clauses: readonly ClauseCursor[],
  matching: Matching,
  window: { start: number; end: number },
): WindowMatches {
  let count = 0;
  for (const clause of clauses) count = addClause(clause, window, count);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const at = touched[i] ?? 0;
    const mark = marks[at] ?? 0;
    marks[at] = 0;
    if (isMatch(mark, matching)) touched[kept++] = at;
    else scores[at] = 0;
  }
  matches.count = kept;
  return matches;
}

/** The documents of [start, end) that any of some clauses, all of them excluded ones, holds. */
export function eachTouched(
  clauses: readonly ClauseCursor[],
  window: { start: number; end: number },
  take: (doc: number) => void,
): void {
  let count = 0;
  for (const clause of clauses) count = addClause(clause, window, count);
  for (let i = 0; i < count; i++) {
    const at = touched[i] ?? 0;
    marks[at] = 0;
    take(window.start + at);
  }
}

function isMatch(mark: number, { required, atLeast }: Matching): boolean {
  return (mark & excludedMark) === 0 && mark >>> 15 === required && (mark & (requiredMark - 1)) >= atLeast && mark > 0;
}

/** Adds one clause's best terms to the scores; answers how many documents the window has touched by now. */
function addClause(clause: ClauseCursor, window: { start: number; end: number }, count: number): number {
  let found = 0;
  for (const cursor of clause.terms) found = raiseBest(cursor, window, found);
  const mark = clause.occur === "optional" ? 1 : clause.occur === "required" ? requiredMark : excludedMark;
  let size = count;
  for (let i = 0; i < found; i++) {
    const at = bestTouched[i] ?? 0;
    const before = marks[at] ?? 0;
    if (before === 0) touched[size++] = at;
    marks[at] = mark === excludedMark ? before | excludedMark : before + mark;
    if (mark !== excludedMark) scores[at] = (scores[at] ?? 0) + (best[at] ?? 0);
    best[at] = -1;
  }
  return size;
}

/** Reads one term's postings in the window; answers how many documents the clause has touched by now. */
function raiseBest(cursor: TermCursor, { start, end }: { start: number; end: number }, found: number): number {
  const { docs, codes, saturation, weight } = cursor;
  const to = windowEnd(cursor, end);
  let size = found;
  for (let i = cursor.start; i < to; i++) {
    const saturated = saturation[codes[i] ?? 0] ?? 0;
    if (saturated === 0) continue;
    const at = (docs[i] ?? 0) - start;
    const before = best[at] ?? 0;
    const value = weight * saturated;
    if (before < 0) bestTouched[size++] = at;
    if (value > before) best[at] = value;
  }
  cursor.start = to;
  return size;
}
