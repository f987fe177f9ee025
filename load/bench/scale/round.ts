import { LatencyHistogram } from "../../../src/policy/histogram.ts";
import { seededRandom, systemClock } from "../../../src/time.ts";
import type { Child } from "../../driver/child.ts";
import { pidsOf } from "../../driver/child-group.ts";
import { driveClosedLoop } from "../../driver/closed-loop.ts";
import { viewCluster } from "../../driver/cluster-watch.ts";
import { processorMs } from "../../driver/processor-time.ts";
import { listedQueries } from "../../driver/query-feed.ts";
import type { SearchTarget } from "../../driver/search-target.ts";
import type { Round } from "./figures.ts";

/** Which roots are asked, what holds the shards behind them, and what is asked. */
export type RoundTarget = {
  roots: readonly Child[];
  leaves: readonly Child[];
  index: string;
  queries: readonly string[];
};

export type RoundPlan = { connections: number; durationMs: number };

/** So long that callers at the limit are kept waiting rather than turned away, and less than the driver waits itself. */
const budgetMs = 8_000;
const load = { budgetMs, minCoverage: 0, hedge: true, batchShare: 0 };

/**
 * Keeps a number of connections busy for a while, dealt out evenly over the roots, and says what was answered and what
 * processor time the operating system has booked for it: the roots', the leaves', and this process's, which asks.
 */
export async function driveRound(target: RoundTarget, plan: RoundPlan): Promise<Round> {
  const { roots } = target;
  const latency = new LatencyHistogram();
  const seen = { whole: 0, other: 0 };
  const countsBefore = await attemptsOf(target);
  const before = await processorTimes(target);
  const driverBefore = process.cpuUsage();
  const startMs = systemClock.nowMs();
  await Promise.all(
    roots.map((root, i) => {
      const share = { connections: shareOf(plan.connections, roots.length, i), durationMs: plan.durationMs };
      return driveClosedLoop(searchesOf(root, i, target), { ...share, clock: systemClock }, (outcome) => {
        if (outcome.kind !== "answered" || outcome.coverage < 1) seen.other++;
        else {
          seen.whole++;
          latency.record(outcome.latencyMs);
        }
      });
    }),
  );
  const seconds = (systemClock.nowMs() - startMs) / 1_000;
  const driver = process.cpuUsage(driverBefore);
  const after = await processorTimes(target);
  const counts = await attemptsOf(target);
  return {
    ...seen,
    seconds,
    latency,
    rootMs: after.rootMs - before.rootMs,
    leafMs: after.leafMs - before.leafMs,
    driverMs: (driver.user + driver.system) / 1_000,
    firstAttempts: counts.first - countsBefore.first,
    furtherAttempts: counts.further - countsBefore.further,
  };
}

async function processorTimes({ roots, leaves }: RoundTarget): Promise<{ rootMs: number; leafMs: number }> {
  return { rootMs: await processorMs(pidsOf(roots)), leafMs: await processorMs(pidsOf(leaves)) };
}

async function attemptsOf({ roots, index }: RoundTarget): Promise<{ first: number; further: number }> {
  const views = await Promise.all(roots.map(({ url }) => viewCluster(url, index)));
  const counts = views.flatMap((view) => view?.counts ?? []);
  return {
    first: counts.reduce((sum, { first }) => sum + first, 0),
    further: counts.reduce((sum, { hedges, retries }) => sum + hedges + retries, 0),
  };
}

/** Each root begins elsewhere in the list: the same words at the same moment on all of them would be no traffic. */
function searchesOf(root: Child, position: number, { roots, index, queries }: RoundTarget): SearchTarget {
  const from = Math.floor((queries.length * position) / roots.length);
  const turned = [...queries.slice(from), ...queries.slice(0, from)];
  const feed = { load, live: { search: {} }, random: seededRandom(1) };
  return { url: root.url, path: `/v1/indexes/${index}/search`, next: listedQueries(turned, feed) };
}

/** The `position`th of `parts` shares of a whole number, as even as can be. */
export function shareOf(whole: number, parts: number, position: number): number {
  return Math.floor((whole * (position + 1)) / parts) - Math.floor((whole * position) / parts);
}
