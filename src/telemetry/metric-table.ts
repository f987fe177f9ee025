/** What a metric is. `labels` lists the values of each label, or says `bounded` where they are names of things. */
export type MetricRow = {
  kind: "counter" | "gauge" | "histogram";
  /** Which process shows it. */
  role: "leaf" | "root" | "both";
  help: string;
  labels: Readonly<Record<string, readonly string[] | "bounded">>;
};

/**
 * Every metric there is beside the runtime's own, once. Units are Prometheus' base units: seconds and bytes. Counters
 * of a process start at zero with it.
 */
export const metricTable = {
  hedgerow_http_requests_total: {
    kind: "counter",
    role: "both",
    help: "HTTP requests answered, by route and status.",
    labels: { route: "bounded", status: "bounded" },
  },
  hedgerow_http_request_seconds: {
    kind: "histogram",
    role: "both",
    help: "Time from an HTTP request's head to its answer's end.",
    labels: { route: "bounded" },
  },
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
      outcome: [
        "complete",
        "truncated",
        "overloaded",
        "expired",
        "unknown_shard",
        "not_ready",
        "bad_plan",
        "crashed",
        "cancelled_queued",
        "cancelled_running",
      ],
    },
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
    labels: { call: ["open", "close", "apply", "statistics", "status", "other"], outcome: ["answered", "failed"] },
  },
  hedgerow_leaf_call_seconds: {
    kind: "histogram",
    role: "leaf",
    help: "Time from a call's arrival to its answer; for apply, until the changes are searchable.",
    labels: { call: ["open", "close", "apply", "statistics", "status", "other"] },
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
  hedgerow_root_searches_total: {
    kind: "counter",
    role: "root",
    help: "Whole searches, by how they ended.",
    labels: { end: ["answered", "failed", "shed", "abandoned"] },
  },
  hedgerow_root_attempts_total: {
    kind: "counter",
    role: "root",
    help: "Attempts sent to leaves, by what for.",
    labels: { purpose: ["first", "hedge", "retry", "shadow"] },
  },
  hedgerow_root_hedges_won_total: {
    kind: "counter",
    role: "root",
    help: "Hedges whose answer came before the first attempt's.",
    labels: {},
  },
  hedgerow_root_attempts_denied_total: {
    kind: "counter",
    role: "root",
    help: "Hedges and retries that the budget did not pay for.",
    labels: {},
  },
  hedgerow_root_answers_total: {
    kind: "counter",
    role: "root",
    help: "Answers by where they came from: kept before, shared with a request under way, or gathered.",
    labels: { source: ["cache", "shared", "scatter"] },
  },
  hedgerow_root_cache_bytes: {
    kind: "gauge",
    role: "root",
    help: "Memory that kept answers take.",
    labels: {},
  },
  hedgerow_root_inflight: {
    kind: "gauge",
    role: "root",
    help: "Searches that are admitted and not yet answered.",
    labels: {},
  },
  hedgerow_root_inflight_limit: {
    kind: "gauge",
    role: "root",
    help: "Searches that may be in flight before more are shed.",
    labels: {},
  },
  hedgerow_root_search_latency_seconds: {
    kind: "gauge",
    role: "root",
    help: "Quantiles of whole searches over sliding windows; queued is the wait in leaves' queues.",
    labels: { part: ["whole", "queued"], window: ["10s", "1m", "5m"], quantile: ["0.5", "0.95", "0.99", "0.999"] },
  },
  hedgerow_root_replica_latency_seconds: {
    kind: "gauge",
    role: "root",
    help: "Quantiles of attempts to a replica over the last minute: whole, and queued and served by the leaf's clock.",
    labels: {
      part: ["whole", "queued", "service"],
      index: "bounded",
      shard: "bounded",
      leaf: "bounded",
      quantile: ["0.5", "0.99"],
    },
  },
} as const satisfies Record<string, MetricRow>;

export type MetricTable = typeof metricTable;
export type MetricName = keyof MetricTable;

/** The names of one kind. */
export type NameOf<Kind extends MetricRow["kind"]> = {
  [Name in MetricName]: MetricTable[Name]["kind"] extends Kind ? Name : never;
}[MetricName];

/** A value for each of a metric's labels. */
export type LabelsOf<Name extends MetricName> = {
  [Label in keyof MetricTable[Name]["labels"]]: MetricTable[Name]["labels"][Label] extends readonly (infer Value)[]
    ? Value
    : string;
};
