import { errorTable } from "../../errors.ts";
import { indexBodySchema } from "../index-request.ts";
import { shardOutcomes } from "../shard-outcome.ts";

/** A part of a JSON Schema. */
export type Schema = { readonly [keyword: string]: unknown };

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const count = { type: "integer", minimum: 0 } as const;
const share = { type: "number", minimum: 0, maximum: 1 } as const;
const ms = { type: "number", minimum: 0, description: "milliseconds" } as const;

/** An object with these properties; those named with a `?` at the end may be missing. Others may come. */
function object(properties: Readonly<Record<string, Schema>>, rest: Schema = {}): Schema {
  const names = Object.keys(properties);
  return {
    type: "object",
    required: names.filter((name) => !name.endsWith("?")),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ""), properties[name] ?? {}])),
    ...rest,
  };
}

function list(items: Schema, rest: Schema = {}): Schema {
  return { type: "array", items, ...rest };
}

function orNull(type: string, rest: Schema = {}): Schema {
  return { type: [type, "null"], ...rest };
}

function mapOf(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

/** A part of the description that stands once, under `components/schemas`. */
export function named(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const coverage = object({
  documents: {
    ...share,
    description:
      "share of the index's documents that was searched; a missing shard of which not all is known counts as its siblings' mean at least",
  },
  shards: object({ total: count, complete: count, truncated: count, missing: count }),
});

const shardOutcome = object({
  shard: count,
  outcome: { enum: shardOutcomes },
  leaf: orNull("string"),
  attempts: count,
  hedged: flag,
  tookMs: ms,
  documents: { ...count, description: "how many documents' worth was searched" },
  sequence: orNull("integer"),
  "errors?": list(text),
});

const hit = object({
  id: text,
  score: { type: "number" },
  settled: { ...flag, description: "nothing that is missing could change this hit or its rank" },
  "sort?": list(
    { type: ["string", "number", "boolean", "null"] },
    { description: "with sort: its values, in that order" },
  ),
  "document?": { type: "object" },
  "highlights?": mapOf(
    list({ ...text, description: "escaped HTML with <mark>, of the first 100,000 bytes of the field" }),
  ),
  "explanation?": { type: "object", description: "the score's arithmetic, with explain: true" },
});

const facet = object({
  exact: flag,
  missing: count,
  buckets: list(
    object({
      value: { type: ["string", "number", "boolean"] },
      count,
      errorMax: {
        ...count,
        description:
          "bounds the error of the count; where it is not known what a missing shard holds, by all that was written since it was heard of",
      },
    }),
  ),
});

const latency = object({ count, p50Ms: ms, p95Ms: ms, p99Ms: ms, p999Ms: ms });
const latencies = object({ "10s": latency, "1m": latency, "5m": latency });

const shardTimes = { latencyMs: latencies, queuedMs: latencies, serviceMs: latencies };
const moving = object({ arriving: count, departing: count }, { description: "replicas on their way" });

const replica = object({
  leaf: text,
  zone: orNull("string"),
  state: { enum: ["ready", "catching-up", "probation", "ejected", "unreachable"] },
  sequence: { type: "integer" },
  inflight: count,
  trouble: orNull("string", { description: "why it cannot be kept up with the change log" }),
  place: { enum: ["settled", "arriving", "departing"] },
  ...shardTimes,
});

const statistics = object({ epoch: text, documents: count });

const cluster = object({
  root: text,
  members: list(
    object({
      name: text,
      zone: orNull("string"),
      url: text,
      state: { enum: ["connected", "leaving", "away"] },
      joined: { ...flag, description: "it announced itself, rather than being listed" },
      leaseMs: orNull("number", { description: "how long until it is taken off, if nothing is heard of it" }),
      replicas: object({ departing: count, staying: count }),
      connected: flag,
      rttMs: orNull("number"),
      inflight: count,
      trouble: orNull("string"),
    }),
  ),
  moving,
  indexes: list(
    object({
      index: text,
      statistics,
      shards: list(object({ shard: count, documents: count, ...shardTimes, replicas: list(replica) })),
    }),
  ),
  latencyMs: latencies,
  queuedMs: latencies,
  searches: mapOf(count),
  admission: object({ inflight: count, limit: count }),
  hedging: object({
    ...{ rate: { type: "number" }, first: count, hedges: count, retries: count, shadows: count, canaries: count },
    ...{ hedgesWon: count, hedgesWasted: count, cancels: count, deniedByBudget: count, budgetLeft: { type: "number" } },
  }),
});

const problem = object({
  type: { ...text, format: "uri" },
  title: text,
  status: count,
  code: { enum: Object.keys(errorTable) },
  detail: text,
  traceId: text,
  "errors?": list(object({ path: text, detail: text }), { description: "each place that does not fit" }),
  "coverage?": coverage,
  "shards?": list(shardOutcome),
});

/** The answers' schemas by name. They describe and are tested against answers; what is sent is not built from them. */
export function answerSchemas(profile: Schema): Readonly<Record<string, Schema>> {
  return {
    Problem: problem,
    SearchAnswer: object({
      index: text,
      hits: list(hit),
      total: object({ value: count, exact: flag }),
      "facets?": mapOf(facet),
      "cursor?": orNull("string", { description: "for the next page; null after the last" }),
      complete: { ...flag, description: "every shard is complete" },
      coverage,
      shards: list(shardOutcome),
      statistics,
      "afterReached?": {
        ...flag,
        description: "with after: whether all that was asked had the write; false: there was no time to wait for it",
      },
      "corrections?": list(object({ from: text, to: list(text) })),
      timing: object({ budgetMs: ms, tookMs: ms, queuedMs: ms, planMs: ms, scatterMs: ms, mergeMs: ms }),
      "cached?": {
        ...flag,
        description: "an answer of before was given again, since nothing that it rests on has changed",
      },
      "profile?": profile,
      traceId: text,
    }),
    Index: object({
      index: text,
      incarnation: count,
      fields: indexBodySchema.properties.fields,
      shards: count,
      replicas: count,
      language: text,
      bm25: indexBodySchema.properties.bm25,
      placementSalt: { ...count, description: "spreads the index over the leaves that stood when it was created" },
      "stopWords?": indexBodySchema.properties.stopWords,
      "synonyms?": indexBodySchema.properties.synonyms,
      "notice?": indexBodySchema.properties.notice,
      statistics,
    }),
    Receipt: object({ id: text, version: count, token: text, "deleted?": flag }),
    BulkReceipt: object({
      accepted: count,
      rejected: list(
        object({
          line: { ...count, description: "the line, or the place in the array, from one" },
          "id?": text,
          code: { enum: ["invalid_document", "too_large"] },
          detail: text,
        }),
      ),
      token: { ...text, description: "read your own write: send it as `after`" },
    }),
    StoredDocument: object({ id: text, version: count, document: { type: "object" } }),
    Cluster: cluster,
    Readiness: object({
      status: text,
      "moving?": moving,
      "shards?": list(object({ index: text, shard: count, "trouble?": text }), {
        description: "that nobody can serve",
      }),
    }),
  };
}
