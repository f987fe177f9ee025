import { linkCallNames, searchErrorCodes } from "../protocol/link.ts";
import type { MetricRow } from "./metric-row.ts";

/** What a leaf shows of its own work. */
export const leafMetrics = {
  hedgerow_leaf_links: {
    kind: "gauge",
    role: "leaf",
    help: "Links to roots that are open.",
    labels: {},
  },
  hedgerow_leaf_searches_total: {
    kind: "counter",
    role: "leaf",
    help: "Searches of one shard that ended, by how.",
    labels: {
      outcome: ["complete", "truncated", ...searchErrorCodes, "cancelled_queued", "cancelled_running"],
    },
  },
  hedgerow_leaf_cancels_late_total: {
    kind: "counter",
    role: "leaf",
    help: "Cancels that came when the search had already ended; those in time are among the searches' outcomes.",
    labels: {},
  },
  hedgerow_leaf_search_queue: {
    kind: "gauge",
    role: "leaf",
    help: "Searches that wait, and the one that runs.",
    labels: {},
  },
  hedgerow_leaf_search_queued_seconds: {
    kind: "histogram",
    role: "leaf",
    help: "Time that a search waited before it ran.",
    labels: {},
  },
  hedgerow_leaf_search_service_seconds: {
    kind: "histogram",
    role: "leaf",
    help: "Time that a search ran, from its turn to its reply.",
    labels: { outcome: ["complete", "truncated"] },
  },
  hedgerow_leaf_calls_total: {
    kind: "counter",
    role: "leaf",
    help: "Calls over links, by name and whether they were answered.",
    labels: {
      call: [...linkCallNames, "other"],
      outcome: ["answered", "failed"],
    },
  },
  hedgerow_leaf_call_seconds: {
    kind: "histogram",
    role: "leaf",
    help: "Time from a call's arrival to its answer; for apply, until the changes are searchable.",
    labels: { call: [...linkCallNames, "other"] },
  },
  hedgerow_leaf_replicas: {
    kind: "gauge",
    role: "leaf",
    help: "Replicas held, by state.",
    labels: { state: ["opening", "catching-up", "ready", "failed"] },
  },
  hedgerow_leaf_replica_sequence: {
    kind: "gauge",
    role: "leaf",
    help: "The last change that a replica has applied.",
    beyond: "nothing",
    labels: { index: "bounded", shard: "bounded" },
  },
  hedgerow_leaf_replica_documents: {
    kind: "gauge",
    role: "leaf",
    help: "Live documents of a replica.",
    labels: { index: "bounded", shard: "bounded" },
  },
  hedgerow_leaf_replica_deleted: {
    kind: "gauge",
    role: "leaf",
    help: "Dead documents of a replica that still take space.",
    labels: { index: "bounded", shard: "bounded" },
  },
  hedgerow_leaf_replica_segments: {
    kind: "gauge",
    role: "leaf",
    help: "Sealed segments of a replica.",
    labels: { index: "bounded", shard: "bounded" },
  },
  hedgerow_leaf_replica_memtable_documents: {
    kind: "gauge",
    role: "leaf",
    help: "Documents of a replica that are not sealed yet.",
    labels: { index: "bounded", shard: "bounded" },
  },
  hedgerow_leaf_replica_bytes: {
    kind: "gauge",
    role: "leaf",
    help: "Memory that a replica holds.",
    labels: { index: "bounded", shard: "bounded" },
  },
} as const satisfies Record<string, MetricRow>;
