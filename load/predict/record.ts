import { seededRandom, systemClock, systemTimers } from "../../src/time.ts";
import { driveOpenLoop } from "../driver/open-loop.ts";
import type { SearchTarget } from "../driver/search-target.ts";
import type { LiveVariant } from "../scenario/live-scenario.ts";
import { simulate } from "./predict.ts";
import { type CalmQuery, profileFrom, type Recorded } from "./recorded-profile.ts";

const warmUpMs = 2_000;
const recordMs = 10_000;
const perSecondMax = 200;
/** Queries a second where nobody says how many there will be. */
const usualPerSecond = 40;
/** How long the simulator plays the calm case to see what it makes of a profile. */
const playedMs = 60_000;

/**
 * Records what a variant's queries take where they hardly wait for each other: at a quarter of the rate that they will
 * come at, or less. Undefined where too few of them were answered whole.
 */
export async function recordCalm(
  target: SearchTarget,
  variant: LiveVariant,
  { ratePerSecond = usualPerSecond, seed }: { ratePerSecond: number | undefined; seed: number },
): Promise<Recorded | undefined> {
  const { scenario } = variant;
  const { load, layout } = scenario;
  const calmPerSecond = Math.min(ratePerSecond / 4, perSecondMax);
  const queries: CalmQuery[] = [];
  const plan = {
    ratePerSecond: () => calmPerSecond,
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
  const calm = { ...variant, scenario: { ...scenario, faults: [], load: { ...load, stages: [] } } };
  const run = { ratePerSecond: calmPerSecond, durationMs: playedMs, warmUpMs, seed, directory: undefined };
  return profileFrom(queries, layout.shards, (candidate) => simulate(calm, candidate, run));
}
