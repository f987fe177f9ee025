import type { Random } from "../../src/time.ts";

/** A figure, and where it lies 95 times in 100 when the run is drawn anew from its own seconds. */
export type Interval = { value: number; low: number; high: number };

const resamples = 1_000;
const tail = 0.025;

/**
 * Ratios of figures of two runs, with 95 % intervals: both runs' seconds are drawn anew with replacement, again and
 * again, and the figures taken of what was drawn (the bootstrap of Efron 1979, in blocks of a second as in Künsch 1989,
 * since queries of the same moment suffer the same). `figures` gives all figures of some seconds at once.
 */
export function ratioIntervals<Second>(
  runs: { before: readonly Second[]; after: readonly Second[] },
  figures: (seconds: readonly Second[]) => readonly number[],
  random: Random,
): Interval[] {
  const before = figures(runs.before);
  const after = figures(runs.after);
  const drawn: number[][] = before.map(() => []);
  for (let i = 0; i < resamples; i++) {
    const ofBefore = figures(redrawn(runs.before, random));
    const ofAfter = figures(redrawn(runs.after, random));
    drawn.forEach((ratios, figure) => {
      ratios.push(ratio(ofAfter[figure] ?? 0, ofBefore[figure] ?? 0));
    });
  }
  return drawn.map((ratios, figure) => {
    const sorted = ratios.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
    return { value: ratio(after[figure] ?? 0, before[figure] ?? 0), low: at(tail), high: at(1 - tail) };
  });
}

function redrawn<Second>(seconds: readonly Second[], random: Random): Second[] {
  const drawn: Second[] = [];
  for (let i = 0; i < seconds.length; i++) {
    const second = seconds[Math.floor(random.next() * seconds.length)];
    if (second !== undefined) drawn.push(second);
  }
  return drawn;
}

/** Of nothing to nothing nothing changed. */
function ratio(part: number, whole: number): number {
  if (whole === 0) return part === 0 ? 1 : Number.POSITIVE_INFINITY;
  return part / whole;
}
