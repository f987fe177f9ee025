import type { Buckets } from "./report.ts";

/** The smallest duration that at least the share `q` does not exceed, to a bucket; 0 of nothing. */
export function bucketQuantileMs(buckets: Buckets, q: number): number {
  const count = buckets.reduce((sum, [, one]) => sum + one, 0);
  let left = Math.max(1, Math.ceil(q * count));
  for (const [middleMs, one] of buckets) {
    left -= one;
    if (left <= 0) return middleMs;
  }
  return 0;
}
