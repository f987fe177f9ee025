import type { LatencyHistogram } from "../../src/policy/histogram.ts";
import type { Arrivals, LoadStage } from "../../src/simulator/scenario.ts";
import { type Random, systemClock, systemTimers, type Timer } from "../../src/time.ts";
import { driveClosedLoop } from "../driver/closed-loop.ts";
import { viewCluster } from "../driver/cluster-watch.ts";
import { driveOpenLoop } from "../driver/open-loop.ts";
import type { SearchTarget } from "../driver/search-target.ts";
import { stageFactor } from "./phases.ts";
import type { LegRecorder } from "./recorder.ts";

export type LegPlan = {
  target: SearchTarget & { index: string };
  arrivals: Arrivals;
  stages: readonly LoadStage[];
  /** Answers a second at the cluster's limit, where the load is a share of it. */
  capacity: number | undefined;
  durationMs: number;
  budgetMs: number;
  phaseChangesMs: readonly number[];
  random: Random;
  recorder: LegRecorder;
  onSecond(atMs: number): void;
};

const secondMs = 1_000;

/** Runs one leg of load; what came of it is with the recorder. Resolves to how late queries left, where that matters. */
export async function runLeg(plan: LegPlan): Promise<LatencyHistogram | undefined> {
  const startMs = systemClock.nowMs();
  const watch = watchCounts(plan, startMs);
  const onOutcome = plan.recorder.record.bind(plan.recorder);
  try {
    await watch.first;
    const { target, arrivals, durationMs } = plan;
    if (arrivals.kind === "closed") {
      await driveClosedLoop(target, { connections: arrivals.connections, durationMs, clock: systemClock }, onOutcome);
      return undefined;
    }
    const base = arrivals.kind === "rate" ? arrivals.perSecond : arrivals.load * (plan.capacity ?? 0);
    const { lagMs } = await driveOpenLoop(
      target,
      {
        ratePerSecond: (atMs) => base * stageFactor(plan.stages, atMs),
        durationMs,
        budgetMs: plan.budgetMs,
        random: plan.random,
        clock: systemClock,
        timers: systemTimers,
      },
      onOutcome,
    );
    return lagMs;
  } finally {
    await watch.stop();
  }
}

/** Asks the root each second, and where a phase ends, for what it has done. */
function watchCounts(plan: LegPlan, startMs: number): { first: Promise<void>; stop(): Promise<void> } {
  const { target, recorder } = plan;
  const timers = new Set<Timer>();
  const take = async (atMs: number): Promise<void> => {
    const view = await viewCluster(target.url, target.index);
    if (view !== undefined) recorder.recordCounts(view.counts, atMs);
  };
  const atMs = [...plan.phaseChangesMs];
  for (let second = secondMs; second < plan.durationMs; second += secondMs) atMs.push(second);
  for (const instantMs of new Set(atMs)) {
    // A second is shown with its counts in it, so not before the root has told them.
    const run = async (): Promise<void> => {
      await take(instantMs);
      if (instantMs % secondMs === 0) plan.onSecond(instantMs);
    };
    timers.add(systemTimers.after(instantMs - (systemClock.nowMs() - startMs), () => void run()));
  }
  return {
    first: take(0),
    async stop() {
      for (const timer of timers) timer.cancel();
      await take(plan.durationMs);
    },
  };
}
