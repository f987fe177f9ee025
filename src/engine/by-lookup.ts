import { countDead } from "./count-dead.ts";
import type { TermRange } from "./few-terms.ts";
import { holds, placeOf } from "./holders.ts";
import { windowEnd } from "./kernel.ts";
import { seek, seekNear, type TermCursor } from "./postings.ts";

/** `dead` has a bit for each document of the piece; absent where nobody is dead. */
type LookupRange = TermRange & { dead?: Uint32Array | undefined };

/**
 * A term's postings of a range of documents, and how far they have been searched. `most`: what it is worth in any of them at
 * most; `mostLeft`: in any that is no champion.
 */
type Part = { term: TermCursor; from: number; to: number; at: number; most: number; mostLeft: number };

/**
 * Collects the documents below `limit` that any of two or three terms holds; answers how many there are. Term after term,
 * the rarest first: its documents are looked up in the terms behind it, unless they are worth too little whatever those
 * say; by the time the frequent ones come, most that hold nothing rarer are ("MaxScore", Turtle and Flood, 1995). A score
 * is the sum in the terms' order, and a document counts with the last term that it holds. Everybody must be admitted.
 */
export function collectByLookup(terms: readonly TermCursor[], range: LookupRange): number {
  const first = terms[0];
  const second = terms[1];
  const third = terms[2];
  if (first === undefined || second === undefined) return 0;
  const { limit } = range;
  const a = partOf(first, limit);
  const b = partOf(second, limit);
  const c = third && partOf(third, limit);
  const total =
    c === undefined
      ? beforeOne(a, { behind: b, scored: undefined }, range) + last(b, [a], range)
      : beforeTwo(a, { behind: b, last: c }, range) +
        beforeOne(b, { behind: c, scored: a }, range) +
        last(c, [a, b], range);
  first.start = a.to;
  second.start = b.to;
  if (c !== undefined) c.term.start = c.to;
  return total;
}

function partOf(term: TermCursor, limit: number): Part {
  const { weight, start, champions } = term;
  const first = champions?.saturations[0] ?? 1;
  const last = champions?.saturations.at(-1) ?? 1;
  const to = windowEnd(term, limit);
  return { term, from: start, to, at: start, most: weight * first, mostLeft: weight * last };
}

/** Collects a term's documents that may hold two more; answers how many hold neither. */
function beforeTwo(own: Part, { behind, last }: { behind: Part; last: Part }, range: LookupRange): number {
  const { collector, dead } = range;
  const { docs, codes, saturation, weight } = own.term;
  let { floor } = collector;
  const onlyChampions = own.mostLeft < floor;
  let count = 0;
  for (let i = own.from; i < own.to; i++) {
    const doc = docs[i] ?? 0;
    if (dead !== undefined && holds(dead, doc) === 1) continue;
    const inBehind = isIn(behind, doc);
    const inLast = isIn(last, doc);
    if ((inBehind | inLast) === 0) {
      count++;
      if (onlyChampions) continue;
    }
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score + inBehind * behind.most + inLast * last.most < floor) continue;
    if (inBehind === 1) score += worthIn(behind, doc);
    if (inLast === 1) score += worthIn(last, doc);
    if (score < floor) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  if (onlyChampions) offerChampions(own, [behind, last], range);
  return count;
}

/** Collects a term's documents that may hold one more; answers how many do not. Those in `scored` have been collected. */
function beforeOne(
  own: Part,
  { behind, scored }: { behind: Part; scored: Part | undefined },
  range: LookupRange,
): number {
  const { collector, dead } = range;
  const { docs, codes, saturation, weight } = own.term;
  let { floor } = collector;
  const onlyChampions = own.mostLeft < floor;
  let count = 0;
  rewind(behind);
  if (scored !== undefined) rewind(scored);
  for (let i = own.from; i < own.to; i++) {
    const doc = docs[i] ?? 0;
    if (dead !== undefined && holds(dead, doc) === 1) continue;
    const inBehind = isIn(behind, doc);
    if (inBehind === 0) {
      count++;
      if (onlyChampions) continue;
    }
    let score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score + inBehind * behind.most < floor) continue;
    if (inBehind === 1) score += worthIn(behind, doc);
    if (score < floor) continue;
    if (scored !== undefined && isIn(scored, doc) === 1) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
  if (onlyChampions) offerChampions(own, scored === undefined ? [behind] : [behind, scored], range);
  return count;
}

/** Collects the last term's documents that hold no other; all of its documents count with it. */
function last(part: Part, scored: readonly Part[], range: LookupRange): number {
  const { term, from, to } = part;
  const { collector, dead } = range;
  if (part.mostLeft < collector.floor) offerChampions(part, scored, range);
  else offerEach(part, scored, range);
  return to - from - (dead === undefined ? 0 : countDead(dead, term, part));
}

/** Offers those of a term's documents that hold none of some others. */
function offerEach({ term, from, to }: Part, others: readonly Part[], { collector, dead }: LookupRange): void {
  const { docs, codes, saturation, weight } = term;
  let { floor } = collector;
  for (const other of others) rewind(other);
  for (let i = from; i < to && weight >= floor; i++) {
    const score = weight * (saturation[codes[i] ?? 0] ?? 0);
    if (score < floor) continue;
    const doc = docs[i] ?? 0;
    if (dead !== undefined && holds(dead, doc) === 1) continue;
    if (isInAny(others, doc)) continue;
    collector.offer(doc, score);
    floor = collector.floor;
  }
}

/** The same where nothing can be kept that is worth no more than the last champion. */
function offerChampions({ term, from, to }: Part, others: readonly Part[], { collector, dead }: LookupRange): void {
  const { docs, weight, champions } = term;
  if (champions === undefined || from === to) return;
  const [first, end] = [docs[from] ?? 0, docs[to - 1] ?? 0];
  for (let i = 0; i < champions.docs.length; i++) {
    const doc = champions.docs[i] ?? 0;
    const score = weight * (champions.saturations[i] ?? 0);
    if (score < collector.floor) return;
    if (doc < first || doc > end || (dead !== undefined && holds(dead, doc) === 1)) continue;
    if (!isFoundInAny(others, doc)) collector.offer(doc, score);
  }
}

/** Whether a document holds any of some terms, wherever it stands. */
function isFoundInAny(parts: readonly Part[], doc: number): boolean {
  for (const { term, from, to } of parts) {
    const { docs, holders } = term;
    if (holders === undefined) {
      const at = seek(docs, doc, { from, to });
      if (at < to && docs[at] === doc) return true;
    } else if (holds(holders.bits, doc) === 1) return true;
  }
  return false;
}

/** The same of documents in order, as `isIn`. By a loop: a closure would be made for each document. */
function isInAny(parts: readonly Part[], doc: number): boolean {
  for (const part of parts) if (isIn(part, doc) === 1) return true;
  return false;
}

/** Has documents be looked for from the first on. */
function rewind(part: Part): void {
  part.at = part.from;
}

/** 1 where a document holds the term, 0 where it does not. To be asked of documents in order, from `rewind` on. */
function isIn(part: Part, doc: number): number {
  const { docs, holders } = part.term;
  if (holders !== undefined) return holds(holders.bits, doc);
  part.at = seekNear(docs, doc, { from: part.at, to: part.to });
  return part.at < part.to && docs[part.at] === doc ? 1 : 0;
}

/** What the term is worth in a document that has just been found to hold it. */
function worthIn({ term, at }: Part, doc: number): number {
  const { codes, saturation, weight, holders } = term;
  const place = holders === undefined ? at : placeOf(holders, doc);
  return weight * (saturation[codes[place] ?? 0] ?? 0);
}
