import type { TermRange } from "./few-terms.ts";
import { holds } from "./holders.ts";
import { type Collector, windowEnd } from "./kernel.ts";
import { seekNear, type TermCursor } from "./postings.ts";

/** A term's postings of a range of documents. */
type Part = { term: TermCursor; from: number; to: number };

/**
 * Collects the documents below `limit` that any of two or three terms holds; answers how many there are. Term after term,
 * the rarest first: its documents are looked up in the terms behind it, unless they are worth too little whatever those
 * say; by the time the frequent ones come, most that hold nothing rarer are ("MaxScore", Turtle and Flood, 1995). A score
 * is the sum in the terms' order, and a document counts with the last term that it holds. Nobody may be dead, and
 * everybody must be admitted.
 */
export function collectByLookup(
  [first, second, third]: readonly TermCursor[],
  { limit, collector }: TermRange,
): number {
  if (first === undefined || second === undefined) return 0;
  const a = partOf(first, limit);
  const b = partOf(second, limit);
  const c = third && partOf(third, limit);
  const total =
    c === undefined
      ? beforeOne(a, { behind: b, scored: undefined }, collector) + lone(b, [a], collector)
      : beforeTwo(a, { behind: b, last: c }, collector) +
        beforeOne(b, { behind: c, scored: a }, collector) +
        lone(c, [a, b], collector);
  first.start = a.to;
  second.start = b.to;
  if (c !== undefined) c.term.start = c.to;
  return total;
}

function partOf(term: TermCursor, limit: number): Part {
  return { term, from: term.start, to: windowEnd(term, limit) };
}

/** Collects a term's documents that may hold two more; answers how many hold neither. */
function beforeTwo(own: Part, { behind, last }: { behind: Part; last: Part }, collector: Collector): number {
  const { docs, codes, saturation, weight } = own.term;
  let { floor } = collector;
  let count = 0;
  let [atBehind, atLast] = [behind.from, last.from];
  for (let i = own.from; i < own.to; i++) {
    const doc = docs[i] ?? 0;
    if (behind.term.holders === undefined)
      atBehind = seekNear(behind.term.docs, doc, { from: atBehind, to: behind.to });
    if (last.term.holders === undefined) atLast = seekNear(last.term.docs, doc, { from: atLast, to: last.to });
    const inBehind = isIn(behind, doc, atBehind);
    const inLast = isIn(last, doc, atLast);
    count += 1 - (inBehind | inLast);
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score + inBehind * behind.term.weight + inLast * last.term.weight < floor) continue;
    if (inBehind === 1) {
      atBehind = seekNear(behind.term.docs, doc, { from: atBehind, to: behind.to });
      score += worthAt(behind.term, atBehind);
    }
    if (inLast === 1) {
      atLast = seekNear(last.term.docs, doc, { from: atLast, to: last.to });
      score += worthAt(last.term, atLast);
    }
    if (score < floor) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  return count;
}

/** Collects a term's documents that may hold one more; answers how many do not. Those in `scored` have been collected. */
function beforeOne(
  own: Part,
  { behind, scored }: { behind: Part; scored: Part | undefined },
  collector: Collector,
): number {
  const { docs, codes, saturation, weight } = own.term;
  let { floor } = collector;
  let count = 0;
  let [atBehind, atScored] = [behind.from, scored?.from ?? 0];
  for (let i = own.from; i < own.to; i++) {
    const doc = docs[i] ?? 0;
    if (behind.term.holders === undefined)
      atBehind = seekNear(behind.term.docs, doc, { from: atBehind, to: behind.to });
    const inBehind = isIn(behind, doc, atBehind);
    count += 1 - inBehind;
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score + inBehind * behind.term.weight < floor) continue;
    if (inBehind === 1) {
      atBehind = seekNear(behind.term.docs, doc, { from: atBehind, to: behind.to });
      score += worthAt(behind.term, atBehind);
    }
    if (score < floor) continue;
    if (scored !== undefined) {
      atScored = seekNear(scored.term.docs, doc, { from: atScored, to: scored.to });
      if (isIn(scored, doc, atScored) === 1) continue;
    }
    collector.offer(doc, score);
    floor = collector.floor;
  }
  return count;
}

/** Collects the last term's documents that hold no other; all of its documents count with it. */
function lone({ term, from, to }: Part, scored: readonly Part[], collector: Collector): number {
  const { docs, codes, saturation, weight } = term;
  const at = scored.map((part) => part.from);
  let { floor } = collector;
  for (let i = from; i < to && weight >= floor; i++) {
    const score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score < floor) continue;
    const doc = docs[i] ?? 0;
    let isScored = 0;
    for (const [place, part] of scored.entries()) {
      const near = seekNear(part.term.docs, doc, { from: at[place] ?? 0, to: part.to });
      at[place] = near;
      isScored |= isIn(part, doc, near);
    }
    if (isScored === 1) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  return to - from;
}

/** 1 where a document holds the term, 0 where it does not; `at` is its place among the postings, or where it would be. */
function isIn({ term, to }: Part, doc: number, at: number): number {
  const { holders, docs } = term;
  if (holders !== undefined) return holds(holders, doc);
  return at < to && docs[at] === doc ? 1 : 0;
}

function worthAt({ codes, saturation, weight }: TermCursor, at: number): number {
  return weight * (saturation[codes[at] ?? 0] ?? 0);
}
