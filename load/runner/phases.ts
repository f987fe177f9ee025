import type { Fault } from "../../src/simulator/fault.ts";
import type { LoadStage } from "../../src/simulator/scenario.ts";
import type { LiveFault, Phase } from "../scenario/live-section.ts";

/** Where in a leg an instant is; while warming up nothing counts. */
export type PhaseAt = (atMs: number) => Exclude<Phase, "all"> | "warm-up";

/** A stretch of a leg in which something is wrong, for charts; `what` names it. */
export type Disturbance = { fromMs: number; untilMs: number; what: string };

type Leg = {
  durationMs: number;
  warmUpMs: number;
  faults: readonly Fault[];
  liveFaults: readonly LiveFault[];
  stages: readonly LoadStage[];
};

/** Everything that disturbs a leg, in order of time: faults, and stages of more or less load than the first. */
export function disturbancesOf({ durationMs, faults, liveFaults, stages }: Leg): Disturbance[] {
  const found = [...faults, ...liveFaults].map((fault): Disturbance => {
    const untilMs = "untilMs" in fault ? fault.untilMs : undefined;
    return { fromMs: fault.fromMs, untilMs: Math.min(untilMs ?? durationMs, durationMs), what: fault.kind };
  });
  const normal = normalFactor(stages);
  const staged = stages.flatMap(({ fromMs, factor }, i): Disturbance[] => {
    const untilMs = Math.min(stages[i + 1]?.fromMs ?? durationMs, durationMs);
    return factor === normal ? [] : [{ fromMs, untilMs, what: `load x ${factor}` }];
  });
  return [...found, ...staged].filter(({ fromMs }) => fromMs < durationMs).sort((a, b) => a.fromMs - b.fromMs);
}

/** Load is as it should be at the beginning. */
function normalFactor(stages: readonly LoadStage[]): number {
  return stages.find(({ fromMs }) => fromMs === 0)?.factor ?? 1;
}

/**
 * Parts a leg into what comes before, during and after everything that disturbs it. What lies between two disturbances
 * counts as disturbed.
 */
export function phasesOf(leg: Leg): PhaseAt {
  const disturbances = disturbancesOf(leg);
  const firstMs = disturbances.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY);
  const lastMs = disturbances.reduce((most, { untilMs }) => Math.max(most, untilMs), Number.NEGATIVE_INFINITY);
  return (atMs) => {
    if (atMs < leg.warmUpMs) return "warm-up";
    if (atMs < firstMs) return "steady";
    return atMs < lastMs ? "fault" : "after";
  };
}

/** The instants at which a leg's phase changes, beside its ends. */
export function phaseChangesMs(leg: Leg): number[] {
  const disturbances = disturbancesOf(leg);
  const firstMs = disturbances.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.POSITIVE_INFINITY);
  const lastMs = disturbances.reduce((most, { untilMs }) => Math.max(most, untilMs), Number.NEGATIVE_INFINITY);
  return [leg.warmUpMs, firstMs, lastMs].filter((atMs) => atMs > 0 && atMs < leg.durationMs);
}

/** By how much the rate of open arrivals is multiplied at an instant. */
export function stageFactor(stages: readonly LoadStage[], atMs: number): number {
  let factor = 1;
  for (const stage of stages) if (atMs >= stage.fromMs) factor = stage.factor;
  return factor;
}
