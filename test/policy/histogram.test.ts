import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatencyHistogram } from "../../src/policy/histogram.ts";
import { LatencyTracker, LatencyWindow, summarizeTrackers } from "../../src/policy/latency-window.ts";

const durations = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 });
const quantiles = fc.constantFrom(0, 0.5, 0.95, 0.99, 0.999, 1);

/** The quantile by sorting, which the histogram may miss by half a bucket. */
function exactQuantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

function expectClose(got: number, exact: number): void {
  expect(Math.abs(got - exact)).toBeLessThanOrEqual(exact / 63 + 0.0011);
}

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe("a histogram", () => {
  test("has the quantiles of what was recorded, within half a bucket", () => {
    fc.assert(
      fc.property(durations, quantiles, (values, q) => {
        expectClose(histogramOf(values).quantileMs(q), exactQuantile(values, q));
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  test("merged, equals one that recorded everything", () => {
    fc.assert(
      fc.property(durations, durations, (some, others) => {
        const merged = histogramOf(some);
        merged.merge(histogramOf(others));
        expect([...merged.buckets()]).toEqual([...histogramOf([...some, ...others]).buckets()]);
        expect(merged.count).toBe(some.length + others.length);
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  test("takes what is no duration as zero, and what is too long as the longest", () => {
    const histogram = histogramOf([Number.NaN, -5, Number.POSITIVE_INFINITY]);
    expect(histogram.count).toBe(3);
    expect(histogram.quantileMs(0.5)).toBe(0);
    expect(histogram.quantileMs(1)).toBeGreaterThan(2_000_000);
  });
});

describe("a sliding window", () => {
  const recordings = fc.array(
    fc.record({ gapMs: fc.oneof(fc.nat(500), fc.nat(30_000)), ms: fc.double({ min: 0.01, max: 1_000, noNaN: true }) }),
    { minLength: 1, maxLength: 100 },
  );

  test("holds all of the last nine tenths and nothing older than itself, idle gaps or not", () => {
    fc.assert(
      fc.property(recordings, fc.nat(30_000), (steps, pauseMs) => {
        const window = new LatencyWindow(10_000, 10);
        const recorded: { atMs: number; ms: number }[] = [];
        let nowMs = 0;
        for (const { gapMs, ms } of steps) {
          nowMs += gapMs;
          window.record(ms, nowMs);
          recorded.push({ atMs: nowMs, ms });
        }
        nowMs += pauseMs;
        const within = (ageMs: number): number => recorded.filter(({ atMs }) => nowMs - atMs < ageMs).length;
        const count = window.count(nowMs);
        expect(count).toBeGreaterThanOrEqual(within(9_000));
        expect(count).toBeLessThanOrEqual(within(10_001));
        const merged = new LatencyHistogram();
        window.mergeInto(merged, nowMs);
        expect(merged.count).toBe(count);
        expect([...merged.buckets()]).toEqual(
          [...histogramOf(recorded.slice(-count || recorded.length).map(({ ms }) => ms)).buckets()].slice(
            0,
            count === 0 ? 0 : undefined,
          ),
        );
      }),
      { seed: 13, numRuns: 500 },
    );
  });

  test("tracks each view as a window of its own would, whenever somebody looks", () => {
    const spans = [
      ["10s", 10_000, 10],
      ["1m", 60_000, 12],
      ["5m", 300_000, 15],
    ] as const;
    const looks = fc.array(fc.nat(400), { maxLength: 10 });
    fc.assert(
      fc.property(recordings, looks, fc.nat(90_000), (steps, lookedAt, pauseMs) => {
        const tracker = new LatencyTracker();
        const windows = spans.map(([, spanMs, slots]) => new LatencyWindow(spanMs, slots));
        let nowMs = 0;
        const compare = (): void => {
          spans.forEach(([view], i) => {
            const [tracked, expected] = [new LatencyHistogram(), new LatencyHistogram()];
            tracker.mergeInto(tracked, view, nowMs);
            windows[i]?.mergeInto(expected, nowMs);
            expect([...tracked.buckets()]).toEqual([...expected.buckets()]);
          });
        };
        steps.forEach(({ gapMs, ms }, step) => {
          nowMs += gapMs;
          tracker.record(ms, nowMs);
          for (const window of windows) window.record(ms, nowMs);
          if (lookedAt.includes(step)) compare();
        });
        nowMs += pauseMs;
        compare();
      }),
      { seed: 14, numRuns: 300 },
    );
  });

  test("joins replicas by adding counts: the p99 of both is not the mean of their p99s", () => {
    const [quick, slow] = [new LatencyTracker(), new LatencyTracker()];
    for (let i = 0; i < 990; i++) quick.record(1, i);
    for (let i = 0; i < 10; i++) slow.record(100, i);
    const both = summarizeTrackers([quick, slow], "1m", 1_000);
    expect(both.count).toBe(1_000);
    expectClose(both.p99Ms, 1);
    expectClose(both.p999Ms, 100);
  });
});
