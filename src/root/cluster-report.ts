import {
  type LatencySummary,
  type LatencyTracker,
  type LatencyViewName,
  latencyViewNames,
  summarizeTrackers,
} from "../policy/latency-window.ts";
import type { CatalogIndex } from "./catalog.ts";
import type { ReplicaFeed } from "./feed.ts";
import type { Member } from "./membership.ts";
import type { SeenByRoot } from "./seen-by-root.ts";
import type { Topology } from "./topology.ts";

type ReplicaState = "ready" | "catching-up" | "probation" | "ejected" | "unreachable";

/** The cluster as this root sees it right now: members, who holds what, and how fast. */
export function clusterReport({
  catalog,
  topology,
  policy,
  admission,
  searches,
  clock,
}: SeenByRoot): Record<string, unknown> {
  const nowMs = clock.nowMs();
  const { counts } = policy;
  return {
    members: topology.members.map((member) => memberReport(member, topology)),
    moving: topology.moving,
    indexes: [...catalog.all()].map((index) => indexReport(index, topology, nowMs)),
    latencyMs: latencies([searches.took], nowMs),
    queuedMs: latencies([searches.queued], nowMs),
    searches: { ...searches.ends },
    admission: { inflight: admission.inflight, limit: admission.limitNow },
    hedging: {
      rate: counts.first === 0 ? 0 : counts.hedges / counts.first,
      ...counts,
      budgetLeft: policy.budget.balance(nowMs),
    },
  };
}

type MemberState = "connected" | "leaving" | "away";

/** `leaseMs`: how long until a leaf that joined is taken off, if nothing is heard of it; null for one that is listed. */
function memberReport(member: Member, topology: Topology): Record<string, unknown> {
  const { name, zone, listed, leaving } = member;
  const { connected, rttMs, inflight, trouble, url } = member.link.state();
  const state: MemberState = leaving ? "leaving" : connected ? "connected" : "away";
  return {
    ...{ name, zone: zone ?? null, url, state, joined: !listed, leaseMs: topology.leaseMs(member) ?? null },
    ...{ replicas: topology.holdings(name), connected, rttMs: rttMs ?? null, inflight, trouble: trouble ?? null },
  };
}

function indexReport(index: CatalogIndex, topology: Topology, nowMs: number): Record<string, unknown> {
  const { definition, statistics, shards } = index;
  return {
    index: definition.index,
    statistics: { epoch: statistics.current.epoch, documents: statistics.current.documents },
    shards: shards.map(({ feeds }, shard) => ({
      shard,
      documents: statistics.shard(shard).documents,
      ...timesOf(feeds, nowMs),
      replicas: feeds.map((feed) => ({ ...replicaReport(feed, nowMs), place: topology.placeOf(index, feed) })),
    })),
  };
}

function replicaReport(feed: ReplicaFeed, nowMs: number): Record<string, unknown> {
  const { leaf, health } = feed;
  return {
    leaf: leaf.name,
    zone: leaf.zone ?? null,
    state: stateOf(feed),
    sequence: feed.sequence,
    inflight: health.inflight,
    trouble: feed.trouble ?? null,
    ...timesOf([feed], nowMs),
  };
}

/** What a replica is to those who would ask it. */
export function stateOf({ state, health }: ReplicaFeed): ReplicaState {
  if (state !== "ready") return state;
  return health.standing;
}

/** What attempts took in all, how long of it they queued at their leaves, and how long they ran there. */
function timesOf(feeds: readonly ReplicaFeed[], nowMs: number): Record<string, unknown> {
  const queued = feeds.map(({ leafTimes }) => leafTimes.queued);
  const service = feeds.map(({ leafTimes }) => leafTimes.service);
  return {
    latencyMs: latencies(trackersOf(feeds), nowMs),
    queuedMs: latencies(queued, nowMs),
    serviceMs: latencies(service, nowMs),
  };
}

function trackersOf(feeds: readonly ReplicaFeed[]): LatencyTracker[] {
  return feeds.flatMap(({ health }) => (health.tracker === undefined ? [] : [health.tracker]));
}

function latencies(trackers: readonly LatencyTracker[], nowMs: number): Record<LatencyViewName, LatencySummary> {
  const [tenSeconds, minute, fiveMinutes] = latencyViewNames.map((view) => summarizeTrackers(trackers, view, nowMs));
  const none: LatencySummary = { count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, p999Ms: 0 };
  return { "10s": tenSeconds ?? none, "1m": minute ?? none, "5m": fiveMinutes ?? none };
}
