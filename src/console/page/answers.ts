import type { AnswerProfile } from "../../protocol/answer-profile.ts";
import type { ShardOutcome } from "../../protocol/shard-outcome.ts";

/** What the console reads of the root's answers; the whole of them stands in `/openapi.json`. */

export type ShardAnswer = {
  shard: number;
  outcome: ShardOutcome;
  leaf: string | null;
  attempts: number;
  hedged: boolean;
  tookMs: number;
  documents: number;
  errors?: string[];
};

export type Hit = {
  id: string;
  score: number | null;
  settled: boolean;
  document?: Record<string, unknown>;
  highlights?: Record<string, string[]>;
};

export type FacetBucket = { value: string | number | boolean; count: number; errorMax: number };
export type Facet = { exact: boolean; missing: number; buckets: FacetBucket[] };

export type Timing = {
  budgetMs: number;
  tookMs: number;
  queuedMs: number;
  planMs: number;
  scatterMs: number;
  mergeMs: number;
};

export type SearchAnswer = {
  index: string;
  hits: Hit[];
  total: { value: number; exact: boolean };
  facets?: Record<string, Facet>;
  cursor?: string | null;
  complete: boolean;
  coverage: { documents: number; shards: { total: number; complete: number; truncated: number; missing: number } };
  shards: ShardAnswer[];
  statistics: { epoch: string; documents: number };
  corrections?: { from: string; to: string[] }[];
  timing: Timing;
  profile?: AnswerProfile;
  traceId: string;
};

export type IndexField = { type: string; boost?: number };
export type IndexAnswer = {
  index: string;
  fields: Record<string, IndexField>;
  shards: number;
  replicas: number;
  statistics: { documents: number };
};

export type LatencySummary = { count: number; p50Ms: number; p95Ms: number; p99Ms: number; p999Ms: number };
export type Latencies = { "10s": LatencySummary; "1m": LatencySummary; "5m": LatencySummary };

export type ReplicaAnswer = {
  leaf: string;
  zone: string | null;
  state: string;
  sequence: number;
  inflight: number;
  latencyMs: Latencies;
};

export type MemberAnswer = {
  name: string;
  zone: string | null;
  connected: boolean;
  rttMs: number | null;
  inflight: number;
  trouble: string | null;
};

export type ClusterIndex = {
  index: string;
  statistics: { documents: number };
  shards: { shard: number; documents: number; latencyMs: Latencies; replicas: ReplicaAnswer[] }[];
};

export type ClusterAnswer = {
  members: MemberAnswer[];
  indexes: ClusterIndex[];
  latencyMs: Latencies;
  searches: Record<string, number>;
  admission: { inflight: number; limit: number };
  hedging: { rate: number; first: number; hedges: number; budgetLeft: number };
};

export type Problem = { title: string; status: number; code: string; detail: string };
