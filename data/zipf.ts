import type { Random } from "../src/time.ts";

/**
 * Draws ranks 0 to `ranks - 1`, rank r with a probability proportional to 1 / (r + 1)^exponent. Throws a RangeError
 * when there is nothing to draw from.
 */
export function zipfRanks({ ranks, exponent }: { ranks: number; exponent: number }, random: Random): () => number {
  if (!(ranks >= 1)) throw new RangeError("there must be at least one rank to draw");
  const cumulative = new Float64Array(ranks);
  let total = 0;
  for (let rank = 0; rank < ranks; rank++) {
    total += (rank + 1) ** -exponent;
    cumulative[rank] = total;
  }
  return () => firstAbove(cumulative, random.next() * total);
}

/** The position of the first number that is greater than `target`; the last one where rounding leaves none. */
function firstAbove(ascending: Float64Array, target: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
