import { type Collector, windowEnd } from "./kernel.ts";
import type { TermCursor } from "./postings.ts";

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
 * Collects the documents below `limit` that two terms hold, merging their postings; answers how many of them are alive and
 * admitted.
 */
export function collectPair(rare: TermCursor, frequent: TermCursor, { limit, collector }: TermRange): number {
  const { docs, codes, saturation, weight } = rare;
  const to = windowEnd(rare, limit);
  let total = 0;
  for (let i = rare.start; i < to; i++) {
    const doc = docs[i] ?? 0;
    total += collectAlone(frequent, windowEnd(frequent, doc), collector);
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (frequent.start < frequent.end && frequent.docs[frequent.start] === doc) {
      score += frequent.weight * (frequent.saturation[frequent.codes[frequent.start++] ?? 0] ?? 0);
    }
    if (!isLiving(doc, collector)) continue;
    total++;
    if (score >= collector.floor) collector.offer(doc, score);
  }
  rare.start = to;
  return total + collectAlone(frequent, windowEnd(frequent, limit), collector);
}

/** Up to which document, and where to. */
export type TermRange = { limit: number; collector: Collector };

function isLiving(doc: number, { tombstones, version, sieve }: Collector): boolean {
  if (tombstones?.isDead(doc, version)) return false;
  return sieve === undefined || sieve.admits(doc);
}
