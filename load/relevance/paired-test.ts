import type { Random } from "../../src/time.ts";

/** What a variant's figures are beside the baseline's, query by query. `difference` is the mean of variant - baseline. */
export type PairedResult = { difference: number; p: number; wins: number; losses: number };

export type PairedOptions = { random: Random; permutations?: number };

/** Differences below this are those of rounding: both sum the same figures, in another order. */
const negligible = 1e-12;

/**
 * Holds two systems' figures for the same queries against each other by Fisher's randomization test (Smucker, Allan and
 * Carterette 2007): if both were alike, which of a pair's figures is whose would be a coin's toss. `p` is two-sided: the
 * share of tosses whose mean difference is at least as large as the one seen, which counts as one of them. Throws a
 * `RangeError` where the figures are not paired.
 */
export function pairedTest(
  baseline: readonly number[],
  variant: readonly number[],
  { random, permutations = 10_000 }: PairedOptions,
): PairedResult {
  if (baseline.length !== variant.length) throw new RangeError("every query needs a figure of both");
  const all = variant.map((figure, i) => figure - (baseline[i] ?? 0));
  const differences = all.filter((difference) => Math.abs(difference) > negligible);
  const sum = differences.reduce((total, difference) => total + difference, 0);
  let asLarge = 1;
  for (let i = 0; i < permutations; i++) {
    if (Math.abs(tossed(differences, random)) >= Math.abs(sum) - negligible) asLarge++;
  }
  return {
    difference: all.length === 0 ? 0 : sum / all.length,
    p: asLarge / (permutations + 1),
    wins: differences.filter((difference) => difference > 0).length,
    losses: differences.filter((difference) => difference < 0).length,
  };
}

function tossed(differences: readonly number[], random: Random): number {
  let sum = 0;
  for (const difference of differences) sum += random.next() < 0.5 ? difference : -difference;
  return sum;
}
