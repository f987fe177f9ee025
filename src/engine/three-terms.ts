import { type Holders, holds } from "./holders.ts";
import { type Collector, type TermCursor, windowEnd } from "./kernel.ts";
import { seek } from "./postings.ts";

/**
 * Three terms, the last of which many documents hold: they are looked up in it, and its postings are not read. Whether the
 * second is idle too.
 */
export type ThreeTerms = Cursors & { isSecondIdle: boolean };

type Cursors = { first: TermCursor; second: TermCursor; held: TermCursor; holders: Holders };

/** Up to which document, and where to: nobody is dead, and everybody is admitted. */
type ThreeRange = { limit: number; collector: Collector };

/**
 * Sees whether three terms can be collected without reading the last: from term `idle` on, all together are worth less
 * than what is kept already.
 */
export function heldThree([first, second, held]: readonly TermCursor[], idle: number): ThreeTerms | undefined {
  const holders = held?.holders;
  if (first === undefined || second === undefined || held === undefined || holders === undefined) return undefined;
  return idle === 1 || idle === 2 ? { first, second, held, holders, isSecondIdle: idle === 1 } : undefined;
}

/**
 * Collects the documents below `limit` that any of three terms holds; answers how many there are ("MaxScore", Turtle and
 * Flood, 1995, with a bit vector for what is looked up in). A document counts with the last of the terms that it holds.
 */
export function collectThree({ isSecondIdle, ...cursors }: ThreeTerms, range: ThreeRange): number {
  const { first, second, held } = cursors;
  const reach = windowEnd(held, range.limit);
  const total = reach - held.start;
  const ends = { first: windowEnd(first, range.limit), second: windowEnd(second, range.limit), held: reach };
  const added = isSecondIdle
    ? countUnheld(second, cursors.holders, ends.second) + collectFirst(cursors, ends, range.collector)
    : collectBoth(cursors, ends, range.collector);
  first.start = ends.first;
  second.start = ends.second;
  held.start = reach;
  return total + added;
}

type Ends = { first: number; second: number; held: number };

/** How many documents up to place `to` hold the term and not the held one. */
function countUnheld({ docs, start }: TermCursor, holders: Holders, to: number): number {
  let count = 0;
  for (let i = start; i < to; i++) count += 1 - holds(holders, docs[i] ?? 0);
  return count;
}

/** Scores the first term's documents, and looks them up in the others; answers how many of them hold no other. */
function collectFirst({ first, second, held, holders }: Cursors, ends: Ends, collector: Collector): number {
  const { docs, codes, saturation, weight } = first;
  let { floor } = collector;
  let total = 0;
  for (let i = first.start; i < ends.first; i++) {
    const doc = docs[i] ?? 0;
    const isHeld = holds(holders, doc);
    const isSecond = reaches(second, doc, ends.second) ? 1 : 0;
    total += 1 - (isHeld | isSecond);
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score + isSecond * second.weight + isHeld * held.weight < floor) continue;
    if (isSecond === 1) score += worth(second);
    if (isHeld === 1 && reaches(held, doc, ends.held)) score += worth(held);
    if (score < floor) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  return total;
}

/** Merges the first two terms, and looks their documents up in the held one; answers how many do not hold it. */
function collectBoth({ first, second, held, holders }: Cursors, ends: Ends, collector: Collector): number {
  const { docs, codes, saturation, weight } = first;
  let total = 0;
  for (let i = first.start; i < ends.first; i++) {
    const doc = docs[i] ?? 0;
    total += collectLone({ second, held, holders }, { ends, limit: doc }, collector);
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (second.start < ends.second && second.docs[second.start] === doc) {
      score += worth(second);
      second.start++;
    }
    const isHeld = holds(holders, doc);
    total += 1 - isHeld;
    if (score + isHeld * held.weight < collector.floor) continue;
    if (isHeld === 1 && reaches(held, doc, ends.held)) score += worth(held);
    if (score >= collector.floor) collector.offer(doc, score);
  }
  return total + collectLone({ second, held, holders }, { ends, limit: Number.POSITIVE_INFINITY }, collector);
}

/** Collects the second term's documents below `limit`, which do not hold the first; answers how many are not held. */
function collectLone(
  { second, held, holders }: Omit<Cursors, "first">,
  { ends, limit }: { ends: Ends; limit: number },
  collector: Collector,
): number {
  const { docs, codes, saturation, weight } = second;
  let { floor } = collector;
  let total = 0;
  let at = second.start;
  for (; at < ends.second; at++) {
    const doc = docs[at] ?? 0;
    if (doc >= limit) break;
    const isHeld = holds(holders, doc);
    total += 1 - isHeld;
    let score = weight * (saturation[codes[at] ?? 0] ?? 0);
    if (score + isHeld * held.weight < floor) continue;
    if (isHeld === 1 && reaches(held, doc, ends.held)) score += worth(held);
    if (score < floor) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  second.start = at;
  return total;
}

/** Moves a term on to a document; whether it holds it. */
function reaches(cursor: TermCursor, doc: number, to: number): boolean {
  cursor.start = seek(cursor.docs, doc, { from: cursor.start, to });
  return cursor.start < to && cursor.docs[cursor.start] === doc;
}

/** What a term is worth in the document that it has been moved to. */
function worth({ weight, saturation, codes, start }: TermCursor): number {
  return weight * (saturation[codes[start] ?? 0] ?? 0);
}
