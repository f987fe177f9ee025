import { type Clock, systemClock } from "../time.ts";
import type { RunFigures, TimelinePoint } from "./measure.ts";
import { Simulation } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** A run's figures, with what the report draws. */
export type Played = { figures: RunFigures; latenciesMs: Float64Array; timeline: TimelinePoint[] };

const timelinePoints = 120;

/** Plays one scenario and gathers its figures. All but `wallS` depend on the scenario and the seed alone. */
export function play(scenario: Scenario, seed: number, options: { timeline?: boolean; clock?: Clock } = {}): Played {
  const clock = options.clock ?? systemClock;
  const startMs = clock.nowMs();
  const simulation = new Simulation(scenario, seed, { timeline: options.timeline === true });
  const simulatedMs = simulation.play();
  const { counts, fleet, measurements } = simulation;
  const worked = fleet.leaves.reduce((sum, leaf) => sum + leaf.workedMs, 0);
  const wasted = fleet.leaves.reduce((sum, leaf) => sum + leaf.wastedMs, 0);
  const figures: RunFigures = {
    scenario: scenario.name,
    seed,
    queries: measurements.offered,
    extraAttempts: ratio(counts.extra, counts.first),
    extraWork: ratio(wasted, worked - wasted),
    ejections: simulation.policy.ejections,
    joinedShare: ratio(counts.joined, counts.joinedFair),
    ...measurements.summary(),
    simulatedS: simulatedMs / 1000,
    wallS: (clock.nowMs() - startMs) / 1000,
  };
  return { figures, latenciesMs: measurements.sorted(), timeline: measurements.timeline(timelinePoints) };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
