import type { Metrics } from "../telemetry/metrics.ts";
import { replicasShownMax } from "../telemetry/root-metrics.ts";
import type { Freshness, Progress } from "./freshness.ts";

/** What of an index its lags are read from. */
export type FollowedIndex = {
  definition: { index: string; incarnation: number };
  shards: readonly { feeds: readonly (Progress & { leaf: { name: string } })[] }[];
};

type ShardLag = { index: string; shard: string; replicas: { leaf: string; lagMs: number }[] };

/**
 * Shows how far replicas are behind the log, and of each shard the one that is least so. That is a series of its own: as
 * not all replicas are shown, nobody could tell from them whether the rest of a shard is fresh.
 */
export function showLags(metrics: Metrics, indexes: () => Iterable<FollowedIndex>, freshness: Freshness): void {
  const lags = (): ShardLag[] => [...indexes()].flatMap((index) => lagsOf(index, freshness));
  metrics.gauge("hedgerow_root_replica_lag_seconds", () =>
    mostLagging(
      lags().flatMap(({ index, shard, replicas }) =>
        replicas.map(({ leaf, lagMs }) => ({ labels: { index, shard, leaf }, value: lagMs / 1000 })),
      ),
    ),
  );
  metrics.gauge("hedgerow_root_shard_lag_seconds", () =>
    mostLagging(
      lags().flatMap(({ index, shard, replicas }) => {
        const leastMs = Math.min(...replicas.map(({ lagMs }) => lagMs));
        return replicas.length === 0 ? [] : [{ labels: { index, shard }, value: leastMs / 1000 }];
      }),
    ),
  );
}

function lagsOf({ definition, shards }: FollowedIndex, freshness: Freshness): ShardLag[] {
  return shards.map(({ feeds }, shard) => {
    const lagsMs = freshness.replicaLagsMs(definition, shard, feeds);
    const replicas = feeds.map(({ leaf }, i) => ({ leaf: leaf.name, lagMs: lagsMs[i] ?? 0 }));
    return { index: definition.index, shard: String(shard), replicas };
  });
}

/** Those that lag most come first. */
function mostLagging<Shown extends { value: number }>(readings: Shown[]): Shown[] {
  return readings.sort((a, b) => b.value - a.value).slice(0, replicasShownMax);
}
