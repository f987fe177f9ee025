import { isLinkCallName, type ReplicaStatus } from "../protocol/link.ts";
import { type LabelsOf, type MetricTable, metricTable } from "../telemetry/metric-table.ts";
import type { Count, Distribution, Metrics } from "../telemetry/metrics.ts";
import type { Clock } from "../time.ts";
import type { CallOutcome, IncomingCall } from "./link.ts";
import type { ReplicaState, Replicas } from "./replicas.ts";
import type { SearchMeter } from "./search.ts";

type SearchOutcome = MetricTable["hedgerow_leaf_searches_total"]["labels"]["outcome"][number];
type CallLabel = MetricTable["hedgerow_leaf_calls_total"]["labels"]["call"][number];

/** Counts what becomes of searches; every series is looked up once, before the first search. */
export function meterSearches(metrics: Metrics): SearchMeter {
  const ended = (outcome: SearchOutcome): Count => metrics.counter("hedgerow_leaf_searches_total", { outcome });
  const queued = metrics.histogram("hedgerow_leaf_search_queued_seconds", {});
  const replied = { complete: ended("complete"), truncated: ended("truncated") };
  const service = {
    complete: metrics.histogram("hedgerow_leaf_search_service_seconds", { outcome: "complete" }),
    truncated: metrics.histogram("hedgerow_leaf_search_service_seconds", { outcome: "truncated" }),
  };
  const failed = {
    overloaded: ended("overloaded"),
    expired: ended("expired"),
    unknown_shard: ended("unknown_shard"),
    not_ready: ended("not_ready"),
    bad_plan: ended("bad_plan"),
    crashed: ended("crashed"),
  };
  const cancelled = { queued: ended("cancelled_queued"), running: ended("cancelled_running") };
  return {
    started: (queuedMs) => queued.observe(queuedMs / 1000),
    replied(outcome, tookMs) {
      replied[outcome].inc();
      service[outcome].observe(tookMs / 1000);
    },
    failed: (code) => failed[code].inc(),
    cancelled: (stage) => cancelled[stage].inc(),
  };
}

/** Counts and times calls on their way to whoever carries them out. */
export function meterCalls(
  call: (incoming: IncomingCall) => Promise<CallOutcome>,
  { metrics, clock }: { metrics: Metrics; clock: Clock },
): (incoming: IncomingCall) => Promise<CallOutcome> {
  const series = new Map<CallLabel, { answered: Count; failed: Count; seconds: Distribution }>();
  for (const label of metricTable.hedgerow_leaf_calls_total.labels.call) {
    series.set(label, {
      answered: metrics.counter("hedgerow_leaf_calls_total", { call: label, outcome: "answered" }),
      failed: metrics.counter("hedgerow_leaf_calls_total", { call: label, outcome: "failed" }),
      seconds: metrics.histogram("hedgerow_leaf_call_seconds", { call: label }),
    });
  }
  return async (incoming) => {
    const beganMs = clock.nowMs();
    const outcome = await call(incoming);
    const found = series.get(isLinkCallName(incoming.name) ? incoming.name : "other");
    found?.[outcome.kind].inc();
    found?.seconds.observe((clock.nowMs() - beganMs) / 1000);
    return outcome;
  };
}

const replicaStates: readonly ReplicaState[] = ["opening", "catching-up", "ready", "failed"];

const replicaGauges = [
  ["hedgerow_leaf_replica_sequence", "sequence"],
  ["hedgerow_leaf_replica_documents", "documents"],
  ["hedgerow_leaf_replica_deleted", "deleted"],
  ["hedgerow_leaf_replica_segments", "segments"],
  ["hedgerow_leaf_replica_memtable_documents", "memtableDocuments"],
  ["hedgerow_leaf_replica_bytes", "sizeBytes"],
] as const satisfies readonly (readonly [string, keyof ReplicaStatus])[];

/** Shows what the leaf holds, read when it is scraped. */
export function showLeaf(
  metrics: Metrics,
  leaf: { replicas: Replicas; searches: { readonly length: number }; links: { readonly size: number } },
): void {
  metrics.gauge("hedgerow_leaf_links", () => [{ labels: {}, value: leaf.links.size }]);
  metrics.gauge("hedgerow_leaf_search_queue", () => [{ labels: {}, value: leaf.searches.length }]);
  metrics.gauge("hedgerow_leaf_replicas", () => {
    const states = leaf.replicas.states();
    return replicaStates.map((state) => ({
      labels: { state },
      value: states.filter((replica) => replica.state === state).length,
    }));
  });
  for (const [name, property] of replicaGauges) {
    metrics.gauge(name, () =>
      leaf.replicas.status().map((replica) => ({ labels: replicaLabels(replica), value: replica[property] })),
    );
  }
}

function replicaLabels({ index, shard }: ReplicaStatus): LabelsOf<"hedgerow_leaf_replica_sequence"> {
  return { index, shard: String(shard) };
}
