import { type Holders, holds } from "./holders.ts";
import { type Collector, type TermCursor, windowEnd } from "./kernel.ts";
import { seek } from "./postings.ts";

/**
 * Collects the documents of one term's postings up to place `to`, where nothing else adds to their scores; answers how
 * many of them are alive.
 */
export function collectAlone(cursor: TermCursor, to: number, collector: Collector): number {
  const { docs, codes, saturation, weight } = cursor;
  const { tombstones, version, sieve } = collector;
  let { floor } = collector;
  let total = 0;
  for (let i = cursor.start; i < to; i++) {
    if (tombstones !== undefined || sieve !== undefined) {
      const doc = docs[i] ?? 0;
      if (tombstones?.isDead(doc, version)) continue;
      if (sieve !== undefined && !sieve.admits(doc)) continue;
    }
    total++;
    const score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score < floor) continue;
    collector.offer(docs[i] ?? 0, score);
    floor = collector.floor;
  }
  cursor.start = to;
  return total;
}

/**
 * Collects the documents below `limit` that two terms hold, merging their postings; answers how many of them are alive.
 * Where a term by itself is worth less than what is kept already, the documents that hold it alone are only counted
 * (Turtle and Flood, "Query evaluation: strategies and optimizations", 1995).
 */
export function collectPair(rare: TermCursor, frequent: TermCursor, { limit, collector }: PairRange): number {
  const { holders } = frequent;
  const isPlain = collector.tombstones === undefined && collector.sieve === undefined;
  if (holders !== undefined && isPlain && frequent.weight < collector.floor)
    return collectHeld(rare, { frequent, holders }, { limit, collector });
  const { docs, codes, saturation, weight } = rare;
  const to = windowEnd(rare, limit);
  let total = 0;
  for (let i = rare.start; i < to; i++) {
    const doc = docs[i] ?? 0;
    total += collectBelow(frequent, doc, collector);
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (frequent.start < frequent.end && frequent.docs[frequent.start] === doc) {
      score += frequent.weight * (frequent.saturation[frequent.codes[frequent.start++] ?? 0] ?? 0);
    }
    if (!isLiving(doc, collector)) continue;
    total++;
    if (score >= collector.floor) collector.offer(doc, score);
  }
  rare.start = to;
  return total + collectBelow(frequent, limit, collector);
}

/** The same where the frequent term alone is worth too little: its postings are not read, documents are looked up in it. */
function collectHeld(
  rare: TermCursor,
  { frequent, holders }: { frequent: TermCursor; holders: Holders },
  { limit, collector }: PairRange,
): number {
  const { docs, codes, saturation, weight } = rare;
  const to = windowEnd(rare, limit);
  const reach = windowEnd(frequent, limit);
  let { floor } = collector;
  let total = to - rare.start + reach - frequent.start;
  let near = frequent.start;
  for (let i = rare.start; i < to; i++) {
    const doc = docs[i] ?? 0;
    const held = holds(holders, doc);
    total -= held;
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score + held * frequent.weight < floor) continue;
    if (held === 1) {
      near = seek(frequent.docs, doc, { from: near, to: reach });
      score += frequent.weight * (frequent.saturation[frequent.codes[near] ?? 0] ?? 0);
    }
    if (score < floor) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  rare.start = to;
  frequent.start = reach;
  return total;
}

/** Up to which document, and where to. */
export type PairRange = { limit: number; collector: Collector };

/** Collects one term's documents below `limit`; answers how many of them are alive. */
function collectBelow(cursor: TermCursor, limit: number, collector: Collector): number {
  const { docs, end, start } = cursor;
  if (start === end || (docs[start] ?? 0) >= limit) return 0;
  if (collector.tombstones !== undefined || collector.sieve !== undefined)
    return collectAlone(cursor, windowEnd(cursor, limit), collector);
  const { codes, saturation, weight } = cursor;
  let { floor } = collector;
  let at = start;
  for (; at < end && weight >= floor; at++) {
    const doc = docs[at] ?? 0;
    if (doc >= limit) break;
    const score = weight * (saturation[codes[at] ?? 0] ?? 0);
    if (score < floor) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  // Neighbours are mostly near; what is far is found by doubling steps.
  const near = Math.min(end, at + nearMax);
  while (at < near && (docs[at] ?? 0) < limit) at++;
  if (at === near && at < end) at = seek(docs, limit, { from: at, to: end });
  cursor.start = at;
  return at - start;
}

/** How far it is cheaper to walk than to leap. */
const nearMax = 8;

function isLiving(doc: number, { tombstones, version, sieve }: Collector): boolean {
  if (tombstones?.isDead(doc, version)) return false;
  return sieve === undefined || sieve.admits(doc);
}
