import { describe, expect, test } from "vitest";
import { compareSeconds, comparisonTable } from "../../../load/compare/compare.ts";
import { bucketQuantileMs } from "../../../load/report/buckets.ts";
import type { Buckets, ReportSecond } from "../../../load/report/report.ts";
import { type Random, seededRandom } from "../../../src/time.ts";

/** Seconds of a hundred queries, each of which takes an exponential time of this mean. */
function seconds(count: number, meanMs: number, seed: number): ReportSecond[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => ({
    atMs: i * 1_000,
    phase: "steady",
    queries: 100,
    answered: 100,
    failed: 0,
    shed: 0,
    coverage: 100,
    first: 400,
    hedges: 8,
    retries: 0,
    latency: exponentialBuckets(meanMs, random),
  }));
}

/** A hundred durations to a tenth of a millisecond, each bucket once. */
function exponentialBuckets(meanMs: number, random: Random): Buckets {
  const counts = new Map<number, number>();
  for (let i = 0; i < 100; i++) {
    const ms = Math.round(-meanMs * Math.log(1 - random.next()) * 10) / 10 + 0.1;
    counts.set(ms, (counts.get(ms) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}

describe("two runs side by side", () => {
  test("a run does not differ from one of the same kind, by all but a few of many", () => {
    const differing = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const [p50] = compareSeconds(seconds(30, 10, seed), seconds(30, 10, seed + 100));
      return p50?.differs === true;
    });
    expect(differing.filter(Boolean).length).toBeLessThanOrEqual(2);
  });

  test("a run half as long again differs, and its interval holds the true ratio", () => {
    const [p50, , p99] = compareSeconds(seconds(40, 10, 1), seconds(40, 15, 2));
    expect(p50?.differs).toBe(true);
    expect(p50?.ratio.low).toBeLessThan(1.5);
    expect(p50?.ratio.high).toBeGreaterThan(1.4);
    expect(p99?.ratio.value).toBeGreaterThan(1.1);
  });

  test("what never happened did not change, and what appears from nothing says so", () => {
    const calm = seconds(5, 10, 1).map((second) => ({ ...second, hedges: 0 }));
    const same = compareSeconds(calm, calm).find(({ figure }) => figure === "extra attempts");
    expect(same).toMatchObject({ ratio: { value: 1, low: 1, high: 1 }, differs: false });
    const table = comparisonTable("a -> b", compareSeconds(calm, seconds(5, 10, 2)));
    expect(table).toContain("from none");
  });

  test("warming up is left out", () => {
    const cold = seconds(1, 1_000, 9).map((second) => ({ ...second, phase: "warm-up" }));
    const warm = seconds(10, 10, 3);
    expect(compareSeconds([...cold, ...warm], warm).map(({ ratio }) => ratio.value)).toEqual(new Array(8).fill(1));
  });
});

describe("a report's histogram", () => {
  test("gives quantiles to a bucket, and nothing of nothing", () => {
    const buckets: Buckets = [
      [1, 2],
      [2, 4],
      [3, 2],
    ];
    expect([0.25, 0.5, 0.75, 1].map((q) => bucketQuantileMs(buckets, q))).toEqual([1, 2, 2, 3]);
    expect(bucketQuantileMs([], 0.5)).toBe(0);
  });
});
