import type { Metrics } from "../telemetry/metrics.ts";
import { replicasShownMax } from "../telemetry/root-metrics.ts";
import { stateOf } from "./cluster-report.ts";
import type { ReplicaFeed } from "./feed.ts";
import type { Freshness } from "./freshness.ts";
import { showLags } from "./lag-meters.ts";
import { missingCauses } from "./missing-replicas.ts";
import type { SeenByRoot } from "./seen-by-root.ts";
import type { Topology } from "./topology.ts";
import { unreadyShards } from "./unready-shards.ts";

const states = ["ready", "catching-up", "probation", "ejected", "unreachable"] as const;

/** Shows who can be asked, who is behind and by how much, read when it is scraped. */
export function showReplicas(metrics: Metrics, root: SeenByRoot, freshness: Freshness): void {
  const placed = (): Placed[] =>
    [...root.catalog.all()].flatMap(({ definition, shards }) =>
      shards.flatMap(({ feeds }) => feeds.map((feed) => ({ definition, feed }))),
    );
  metrics.gauge("hedgerow_root_replicas", () => {
    const found = placed().map(({ feed }) => stateOf(feed));
    return states.map((state) => ({ labels: { state }, value: found.filter((one) => one === state).length }));
  });
  metrics.gauge("hedgerow_root_replica_inflight", () =>
    placed()
      .slice(0, replicasShownMax)
      .map(({ definition, feed }) => ({ labels: labelsOf(definition.index, feed), value: feed.health.inflight })),
  );
  showLags(metrics, () => root.catalog.all(), freshness);
  metrics.gauge("hedgerow_root_shards_unready", () => [
    { labels: {}, value: unreadyShards(root.catalog.all()).length },
  ]);
  metrics.total("hedgerow_root_ejections_total", () => [{ labels: {}, value: root.policy.ejections }]);
  showMoves(metrics, root.topology);
  showLinks(metrics, root);
  showStatistics(metrics, root, freshness);
}

type Placed = { definition: { index: string; incarnation: number }; feed: ReplicaFeed };

function labelsOf(index: string, { shard, leaf }: ReplicaFeed): { index: string; shard: string; leaf: string } {
  return { index, shard: String(shard), leaf: leaf.name };
}

/** Shows how many replicas are on their way or have no place, read when it is scraped. */
export function showMoves(metrics: Metrics, topology: Pick<Topology, "moving" | "missing">): void {
  metrics.gauge("hedgerow_root_replicas_missing", () => {
    const { missing } = topology;
    return missingCauses.map((cause) => ({ labels: { cause }, value: missing[cause] }));
  });
  metrics.gauge("hedgerow_root_replicas_moving", () => {
    const { moving } = topology;
    return (["arriving", "departing"] as const).map((direction) => ({
      labels: { direction },
      value: moving[direction],
    }));
  });
}

function showLinks(metrics: Metrics, { topology }: SeenByRoot): void {
  metrics.gauge("hedgerow_root_links", () => {
    const connected = topology.members.filter(({ link }) => link.connected).length;
    const counts = { connected, down: topology.members.length - connected };
    return (["connected", "down"] as const).map((state) => ({ labels: { state }, value: counts[state] }));
  });
  metrics.gauge("hedgerow_root_link_rtt_seconds", () =>
    topology.members.flatMap(({ name, link }) =>
      link.rttMs === undefined ? [] : [{ labels: { leaf: name }, value: link.rttMs / 1000 }],
    ),
  );
}

function showStatistics(metrics: Metrics, { catalog }: SeenByRoot, freshness: Freshness): void {
  metrics.gauge("hedgerow_root_statistics_age_seconds", () =>
    [...catalog.all()].flatMap(({ definition }) => {
      const ageMs = freshness.ageMs(definition);
      return ageMs === undefined ? [] : [{ labels: { index: definition.index }, value: ageMs / 1000 }];
    }),
  );
  metrics.gauge("hedgerow_root_statistics_lag_seconds", () =>
    [...catalog.all()].map(({ definition, shards, statistics }) => {
      const lagsMs = shards.map((_, shard) =>
        freshness.lagMs(definition, { shard, sequence: statistics.shard(shard).sequence }),
      );
      return { labels: { index: definition.index }, value: Math.max(0, ...lagsMs) / 1000 };
    }),
  );
}
