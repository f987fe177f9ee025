import { bitCount, holds } from "./holders.ts";
import type { Postings } from "./postings.ts";

/** How many postings of [from, to) are of dead documents; `dead` has a bit for each. */
export function countDead(dead: Uint32Array, term: Postings, { from, to }: { from: number; to: number }): number {
  if (from >= to) return 0;
  const first = term.docs[from] ?? 0;
  const last = term.docs[to - 1] ?? 0;
  const words = (last >>> 5) - (first >>> 5) + 1;
  if (term.holders !== undefined && words < to - from) return countBoth(dead, term.holders.bits, { first, last });
  let count = 0;
  for (let i = from; i < to; i++) count += holds(dead, term.docs[i] ?? 0);
  return count;
}

/** How many documents from `first` to `last` have both bits: a word of them at a time. */
function countBoth(a: Uint32Array, b: Uint32Array, { first, last }: { first: number; last: number }): number {
  const [from, to] = [first >>> 5, last >>> 5];
  const fromFirst = -1 << (first & 31);
  const toLast = -1 >>> (31 - (last & 31));
  let count = 0;
  for (let word = from; word <= to; word++) {
    let both = (a[word] ?? 0) & (b[word] ?? 0);
    if (both === 0) continue;
    if (word === from) both &= fromFirst;
    if (word === to) both &= toLast;
    count += bitCount(both);
  }
  return count;
}
