import type { RunFigures } from "./measure.ts";
import type { Target } from "./scenario.ts";
import { ScenarioError } from "./section.ts";

/** Whether a figure is what its scenario promises. */
export type Verdict = { target: Target; value: number; atMost: number; atLeast: number; holds: boolean };

const measures: Record<string, (figures: RunFigures) => number> = {
  "latencyMs.p50": (figures) => figures.latencyMs.p50,
  "latencyMs.p95": (figures) => figures.latencyMs.p95,
  "latencyMs.p99": (figures) => figures.latencyMs.p99,
  "latencyMs.p999": (figures) => figures.latencyMs.p999,
  extraAttempts: (figures) => figures.extraAttempts,
  extraWork: (figures) => figures.extraWork,
  fullCoverageGoodput: (figures) => figures.fullCoverageGoodput,
  errors: (figures) => figures.errors,
  coverage: (figures) => figures.coverage,
  slowShare: (figures) => figures.slowShare,
  joinedShare: (figures) => figures.joinedShare,
};

/**
 * Holds each target against the figures of its variant; those of variants that were not played are left out. What is
 * promised of several seeds together is not missed by one.
 */
export function judge(targets: readonly Target[], played: ReadonlyMap<string, RunFigures>): Verdict[] {
  return targets.flatMap((target) => {
    const figures = played.get(target.variant);
    const beside = target.of === undefined ? undefined : played.get(target.of);
    if (figures === undefined || (target.of !== undefined && beside === undefined)) return [];
    const unit = beside === undefined ? 1 : measured(target.measure, beside);
    const value = measured(target.measure, figures);
    const atMost = (target.atMost ?? Number.POSITIVE_INFINITY) * unit;
    const atLeast = (target.atLeast ?? Number.NEGATIVE_INFINITY) * unit;
    return [{ target, value, atMost, atLeast, holds: target.seeds > 1 || (value <= atMost && value >= atLeast) }];
  });
}

function measured(measure: string, figures: RunFigures): number {
  const read = measures[measure];
  if (read === undefined) {
    throw new ScenarioError(`no figure is called ${measure}; there are ${Object.keys(measures).join(", ")}`);
  }
  return read(figures);
}
