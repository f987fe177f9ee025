import { attemptPurposes } from "../protocol/answer-profile.ts";
import { attemptErrorCodes } from "../protocol/link.ts";
import { shardOutcomes } from "../protocol/shard-outcome.ts";
import type { MetricRow } from "./metric-row.ts";

/** A metric of single replicas, or of single shards, shows so many at most: more would be too much for one scrape. */
export const replicasShownMax = 80;

/** What a root shows of its own work. */
export const rootMetrics = {
  hedgerow_root_searches_total: {
    kind: "counter",
    role: "root",
    help: "Whole searches, by how they ended.",
    labels: { end: ["answered", "failed", "shed", "abandoned"] },
  },
  hedgerow_root_search_seconds: {
    kind: "histogram",
    role: "root",
    help: "Time from a search's arrival to its answer. Exemplars name traces that were kept.",
    labels: { end: ["answered", "failed"] },
  },
  hedgerow_root_deadlines_total: {
    kind: "counter",
    role: "root",
    help: "Searches whose answer left within their budget, and those shed, refused for want of replicas, or late.",
    labels: { deadline: ["met", "missed"] },
  },
  hedgerow_root_coverage_total: {
    kind: "counter",
    role: "root",
    help: "Gathered answers, by the least share of the documents that was searched.",
    labels: { coverage: ["1", "0.99", "0.9", "0.5", "0"] },
  },
  hedgerow_root_scatters_withdrawn_total: {
    kind: "counter",
    role: "root",
    help: "Scatters that were called off as everybody who waited for them had gone: no answers, and none of their shards count.",
    labels: {},
  },
  hedgerow_root_shards_total: {
    kind: "counter",
    role: "root",
    help: "Shards of gathered answers, by outcome; the last four are missing from theirs.",
    labels: { outcome: shardOutcomes },
  },
  hedgerow_root_attempt_errors_total: {
    kind: "counter",
    role: "root",
    help: "Attempts that ended in an error, by its code.",
    labels: { code: attemptErrorCodes },
  },
  hedgerow_root_attempts_total: {
    kind: "counter",
    role: "root",
    help: "Attempts sent to leaves, by what for.",
    labels: { purpose: attemptPurposes },
  },
  hedgerow_root_hedges_won_total: {
    kind: "counter",
    role: "root",
    help: "Hedges whose answer came before the first attempt's.",
    labels: {},
  },
  hedgerow_root_hedges_wasted_total: {
    kind: "counter",
    role: "root",
    help: "Hedges whose answer was not used: cancelled, failed or second.",
    labels: {},
  },
  hedgerow_root_cancels_total: {
    kind: "counter",
    role: "root",
    help: "Attempts that were called off; whether in time, the leaves know.",
    labels: {},
  },
  hedgerow_root_attempts_denied_total: {
    kind: "counter",
    role: "root",
    help: "Hedges and retries that the budget did not pay for.",
    labels: {},
  },
  hedgerow_root_attempt_budget: {
    kind: "gauge",
    role: "root",
    help: "Extra attempts that could be paid for now.",
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
    help: "Percentiles of whole searches over sliding windows, where there were any; queued is the wait in leaves' queues.",
    labels: { part: ["whole", "queued"], window: ["10s", "1m", "5m"], percentile: ["50", "95", "99", "99.9"] },
  },
  hedgerow_root_replica_latency_seconds: {
    kind: "gauge",
    role: "root",
    help: "Percentiles of attempts to a replica over the last minute, where there were any: whole, and queued and served by the leaf's clock.",
    beyond: "largest",
    labels: {
      part: ["whole", "queued", "service"],
      index: "bounded",
      shard: "bounded",
      leaf: "bounded",
      percentile: ["50", "99"],
    },
  },
  hedgerow_root_replica_inflight: {
    kind: "gauge",
    role: "root",
    help: "Attempts that a replica has not answered yet.",
    labels: { index: "bounded", shard: "bounded", leaf: "bounded" },
  },
  hedgerow_root_replica_lag_seconds: {
    kind: "gauge",
    role: "root",
    help: `How long ago the oldest write was acknowledged that a replica cannot be searched for yet, counted from the root's start where it is older; of the ${replicasShownMax} replicas that lag most.`,
    beyond: "largest",
    labels: { index: "bounded", shard: "bounded", leaf: "bounded" },
  },
  hedgerow_root_shard_lag_seconds: {
    kind: "gauge",
    role: "root",
    help: `The same of a shard's freshest replica: until then no replica can be searched for it; of the ${replicasShownMax} shards that lag most.`,
    beyond: "largest",
    labels: { index: "bounded", shard: "bounded" },
  },
  hedgerow_root_replicas: {
    kind: "gauge",
    role: "root",
    help: "Replicas of all indexes, by state.",
    labels: { state: ["ready", "catching-up", "probation", "ejected", "unreachable"] },
  },
  hedgerow_root_replicas_moving: {
    kind: "gauge",
    role: "root",
    help: "Replicas on their way: arriving ones have yet to catch up for the first time, departing ones are wanted no more.",
    labels: { direction: ["arriving", "departing"] },
  },
  hedgerow_root_replicas_missing: {
    kind: "gauge",
    role: "root",
    help: "Replicas that are wanted and that no leaf holds: there are too few leaves, the leaf is away, it has no memory for it, or has yet to read it.",
    labels: { cause: ["no_leaf", "unreachable", "no_memory", "filling"] },
  },
  hedgerow_root_ejections_total: {
    kind: "counter",
    role: "root",
    help: "Times that a replica was taken out of rotation.",
    labels: {},
  },
  hedgerow_root_shards_unready: {
    kind: "gauge",
    role: "root",
    help: "Shards that no replica can serve.",
    labels: {},
  },
  hedgerow_root_statistics_age_seconds: {
    kind: "gauge",
    role: "root",
    help: "How long ago an index's epoch of statistics was published.",
    beyond: "largest",
    labels: { index: "bounded" },
  },
  hedgerow_root_statistics_lag_seconds: {
    kind: "gauge",
    role: "root",
    help: "How long ago the oldest write was acknowledged that an index's statistics do not count yet.",
    beyond: "largest",
    labels: { index: "bounded" },
  },
  hedgerow_root_links: {
    kind: "gauge",
    role: "root",
    help: "Links to leaves, by whether they stand. A leaf that joined and is silent for long is none any more.",
    labels: { state: ["connected", "down"] },
  },
  hedgerow_root_leaves_lost_total: {
    kind: "counter",
    role: "root",
    help: "Leaves that had joined and were taken off, as nothing was heard of them; each by one root.",
    labels: {},
  },
  hedgerow_root_link_rtt_seconds: {
    kind: "gauge",
    role: "root",
    help: "The shortest round trip of a link's last pings.",
    beyond: "largest",
    labels: { leaf: "bounded" },
  },
  hedgerow_root_appends_total: {
    kind: "counter",
    role: "root",
    help: "Writes to the change log, a bulk request's slice being one, by whether they were acknowledged.",
    labels: { outcome: ["acknowledged", "failed"] },
  },
  hedgerow_root_append_seconds: {
    kind: "histogram",
    role: "root",
    help: "Time from handing a write to the change log until it was durable.",
    labels: {},
  },
} as const satisfies Record<string, MetricRow>;
