import type { Scenario } from "../../src/simulator/scenario.ts";

/** What one query took while nothing was wrong: at its slowest shard, and in all. */
export type RecordedQuery = { slowestMs: number; latencyMs: number };

/** Points of a distribution, `[share, ms]`. */
type Points = [share: number, ms: number][];

/** Service times for the simulator, and what a query costs beside them. */
export type Recorded = { service: Extract<Scenario["service"], { kind: "quantiles" }>; rttMs: number };

/** Quantiles of whole queries. */
export type QueryQuantiles = { p50: number; p95: number; p99: number };

const shares = [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
const msMin = 1e-3;
const queriesMin = 50;
const rounds = 5;
/** What one round may stretch by: where queues form, a little less service makes for much less waiting. */
const factorMax = 2;

/**
 * Makes a profile of one attempt from recorded queries. The attempts of a query are for the same words and some of them for
 * the same leaf, and the simulator draws independent ones that queue. So a first guess takes that of which the slowest
 * of as many as there are shards is as slow as the slowest was (the n-th root of its distribution), and then it is
 * stretched until the simulator, at the rate that was recorded at, gives what was seen; never beyond the slowest attempt
 * that was seen, or a tail that hedges keep from the answers would be stretched without end. What a query takes beyond its
 * slowest attempt is the way's. Undefined where there are too few queries to tell.
 */
export async function profileFrom(
  queries: readonly RecordedQuery[],
  shards: number,
  simulate: (candidate: Recorded) => Promise<QueryQuantiles>,
): Promise<Recorded | undefined> {
  if (queries.length < queriesMin) return undefined;
  const whole = ascending(queries.map(({ latencyMs }) => latencyMs));
  const rttMs = quantile(ascending(queries.map(({ slowestMs, latencyMs }) => Math.max(0, latencyMs - slowestMs))), 0.5);
  const slowest = ascending(queries.map(({ slowestMs }) => slowestMs));
  const seenMsMax = Math.max(msMin, slowest.at(-1) ?? 0);
  let points = firstGuess(slowest, shards);
  for (let round = 0; round < rounds; round++) {
    const told = await simulate({ service: { kind: "quantiles", points }, rttMs });
    const factors = (
      [
        [0.5, told.p50],
        [0.95, told.p95],
        [0.99, told.p99],
      ] as const
    ).map(([share, ms]) => {
      const wanted = Math.max(msMin, quantile(whole, share) - rttMs);
      const factor = Math.min(factorMax, Math.max(1 / factorMax, wanted / Math.max(msMin, ms - rttMs)));
      return { share: share ** (1 / shards), factor };
    });
    points = stretched(points, factors, seenMsMax);
  }
  return { service: { kind: "quantiles", points }, rttMs };
}

function firstGuess(slowest: Float64Array, shards: number): Points {
  const points: Points = [];
  for (const share of shares) {
    if (slowest.length * (1 - share) < 1) break;
    points.push([share ** (1 / shards), Math.max(msMin, quantile(slowest, share), points.at(-1)?.[1] ?? 0)]);
  }
  return points;
}

/**
 * Multiplies each time by the factor at its share, between two of them by one in between. Times stay ascending, and at
 * most `msMax`.
 */
function stretched(points: Points, factors: readonly { share: number; factor: number }[], msMax: number): Points {
  const result: Points = [];
  for (const [share, ms] of points) {
    const above = factors.find((one) => one.share >= share) ?? factors.at(-1);
    const below = factors.findLast((one) => one.share <= share) ?? factors[0];
    if (above === undefined || below === undefined) continue;
    const along = above.share === below.share ? 0 : (share - below.share) / (above.share - below.share);
    const factor = below.factor + along * (above.factor - below.factor);
    result.push([share, Math.max(msMin, Math.min(msMax, ms * factor), result.at(-1)?.[1] ?? 0)]);
  }
  return result;
}

function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
