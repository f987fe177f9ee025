import { startScaleCluster } from "./cluster.ts";
import type { Row } from "./figures.ts";
import { askInTurns, fillAll } from "./side-by-side.ts";
import { onCluster, type Stage } from "./stage.ts";

/** The same documents in ever more shards: what a wider fan-out costs, as each shard's own work becomes less. */
export function shardRows(stage: Stage): Promise<Row[]> {
  const { counts, documents } = stage.sizes.shards;
  return rowsOf(
    stage,
    counts.map((shards) => ({ what: `shards ${shards}`, shards, replicas: 1, documents })),
  );
}

/** The same shards ever more often: what a copy costs who writes, and what it gives those who ask. */
export function replicaRows(stage: Stage): Promise<Row[]> {
  const { counts, shards, documents } = stage.sizes.replicas;
  return rowsOf(
    stage,
    counts.map((replicas) => ({ what: `replicas ${replicas}`, shards, replicas, documents })),
  );
}

/** All layouts stand side by side on one cluster, so that a moment's disturbance weighs on all of them. */
function rowsOf(
  stage: Stage,
  layouts: readonly { what: string; shards: number; replicas: number; documents: number }[],
): Promise<Row[]> {
  return onCluster(startScaleCluster({ leaves: stage.sizes.leaves, roots: 1 }), async (cluster) =>
    askInTurns(stage, cluster, await fillAll(stage, cluster, layouts)),
  );
}
