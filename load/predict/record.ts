import { seededRandom, systemClock, systemTimers } from "../../src/time.ts";
import { driveOpenLoop } from "../driver/open-loop.ts";
import type { SearchTarget } from "../driver/search-target.ts";
import type { LiveVariant } from "../scenario/live-scenario.ts";
import { simulate } from "./predict.ts";
import { profileFrom, type Recorded, type RecordedQuery } from "./recorded-profile.ts";

const warmUpMs = 2_000;
const recordMs = 10_000;
const perSecondMax = 2_000;
/** Queries a second where nobody says how many there will be. */
const usualPerSecond = 40;
/** How many queries the simulator plays of the undisturbed case to see what it makes of a profile. */
const playedQueries = 15_000;

/**
 * Records what a variant's queries take at the rate that they will come at, before anything goes wrong: at a lower one
 * code and data are out of the processor's caches, and the same work takes half as long again. Undefined where too few of
 * them were answered whole.
 */
export async function recordService(
  target: SearchTarget,
  variant: LiveVariant,
  { ratePerSecond = usualPerSecond, seed }: { ratePerSecond: number | undefined; seed: number },
): Promise<Recorded | undefined> {
  const { scenario } = variant;
  const { load, layout } = scenario;
  const recordedPerSecond = Math.min(ratePerSecond, perSecondMax);
  const queries: RecordedQuery[] = [];
  const plan = {
    ratePerSecond: () => recordedPerSecond,
    durationMs: warmUpMs + recordMs,
    budgetMs: load.budgetMs,
    random: seededRandom(seed),
    lookCloselyEvery: 1,
    clock: systemClock,
    timers: systemTimers,
  };
  await driveOpenLoop(target, plan, ({ atMs, kind, coverage, slowestMs, latencyMs }) => {
    const isCounted = atMs >= warmUpMs && kind === "answered" && coverage >= 1;
    if (isCounted && slowestMs !== undefined) queries.push({ slowestMs, latencyMs });
  });
  const undisturbed = { ...variant, scenario: { ...scenario, faults: [], load: { ...load, stages: [] } } };
  const durationMs = warmUpMs + (playedQueries / recordedPerSecond) * 1_000;
  const run = { ratePerSecond: recordedPerSecond, durationMs, warmUpMs, seed, directory: undefined };
  return profileFrom(queries, layout.shards, (candidate) => simulate(undisturbed, candidate, run));
}
