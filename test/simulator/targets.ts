import { afterAll, expect, test } from "vitest";
import { quantileOf } from "../../src/simulator/measure.ts";
import { play } from "../../src/simulator/play.ts";
import type { Target } from "../../src/simulator/scenario.ts";
import { loadScenario } from "../../src/simulator/scenario-store.ts";
import { judge } from "../../src/simulator/target.ts";

const seeds = [1, 2, 3, 4, 5];

/**
 * Plays a scenario's variants that have targets, at five seeds, and expects every target to hold at each; those that
 * are promised of several seeds together, of all latencies of the five.
 */
export function expectTargets(name: string): void {
  const file = loadScenario(name);
  const wanted = new Set(file.targets.flatMap(({ variant, of }) => (of === undefined ? [variant] : [variant, of])));
  const together = file.targets.filter(({ seeds: count }) => count > 1);
  const kept = new Map<string, Float64Array[]>();
  test.each(seeds)(`${name} at seed %i`, (seed) => {
    const runs = file.variants.filter(({ variant }) => wanted.has(variant));
    const figures = new Map(
      runs.map((run) => {
        const played = play(run, seed);
        if (together.length > 0) kept.set(run.variant, [...(kept.get(run.variant) ?? []), played.latenciesMs]);
        return [run.variant, played.figures];
      }),
    );
    const verdicts = judge(file.targets, figures);
    expect(verdicts).toHaveLength(file.targets.length);
    expect(verdicts.filter((verdict) => !verdict.holds)).toEqual([]);
  });
  if (together.length === 0) return;
  test.each(together)(`${name}, ${seeds.length} seeds together: $variant $measure`, (target) => {
    expect(target.seeds).toBe(seeds.length);
    const runs = kept.get(target.variant) ?? [];
    expect(runs).toHaveLength(seeds.length);
    const all = Float64Array.from(runs.flatMap((latenciesMs) => [...latenciesMs])).sort();
    expectWithin(quantileOf(all, quantileNamed(target.measure)), target);
  });
  afterAll(() => kept.clear());
}

function quantileNamed(measure: string): number {
  const quantiles: Record<string, number> = { "latencyMs.p50": 0.5, "latencyMs.p95": 0.95, "latencyMs.p99": 0.99 };
  const q = measure === "latencyMs.p999" ? 0.999 : quantiles[measure];
  if (q === undefined) throw new Error(`${measure} of several runs together cannot be told from their latencies`);
  return q;
}

function expectWithin(value: number, { atMost, atLeast }: Target): void {
  if (atMost !== undefined) expect(value).toBeLessThanOrEqual(atMost);
  if (atLeast !== undefined) expect(value).toBeGreaterThanOrEqual(atLeast);
}
