import { expect, it } from "vitest";
import type { Facet, IndexDescription, SearchAnswer, SearchHit, ShardAnswer } from "../../src/client/answer-types.ts";
import { answerProfileSchema } from "../../src/protocol/answer-profile.ts";
import { answerSchemas, type Schema } from "../../src/protocol/api/schemas.ts";
import { isRecord } from "../../src/protocol/record.ts";

/** Every member of a type, those that may be missing too: the compiler holds the list to the type. */
type Members<T> = Record<keyof Required<T>, true>;

const answer: Members<SearchAnswer<object>> = {
  ...{ index: true, hits: true, total: true, facets: true, cursor: true, complete: true, coverage: true, shards: true },
  ...{
    statistics: true,
    afterReached: true,
    corrections: true,
    profile: true,
    cached: true,
    timing: true,
    traceId: true,
  },
};
const hit: Members<SearchHit<object>> = {
  ...{ id: true, score: true, settled: true, document: true, highlights: true, sort: true, explanation: true },
};
const shard: Members<ShardAnswer> = {
  ...{ shard: true, outcome: true, leaf: true, attempts: true, hedged: true, tookMs: true, documents: true },
  ...{ sequence: true, errors: true },
};
const facet: Members<Facet> = { exact: true, missing: true, buckets: true };
const index: Members<IndexDescription> = {
  ...{ index: true, incarnation: true, fields: true, shards: true, replicas: true, language: true, bm25: true },
  ...{ placementSalt: true, stopWords: true, synonyms: true, notice: true, statistics: true },
};

const schemas = answerSchemas(answerProfileSchema);

/** What lies below some names of a schema. */
function below(schema: unknown, ...names: string[]): Schema {
  const [name, ...rest] = names;
  if (!isRecord(schema)) throw new Error("there is no such schema");
  return name === undefined ? schema : below(schema[name], ...rest);
}

it.each([
  ["a search's answer", answer, ["SearchAnswer"]],
  ["a hit", hit, ["SearchAnswer", "properties", "hits", "items"]],
  ["a shard's outcome", shard, ["SearchAnswer", "properties", "shards", "items"]],
  ["a facet", facet, ["SearchAnswer", "properties", "facets", "additionalProperties"]],
  ["an index", index, ["Index"]],
])("the client's type of %s has what the API's description has", (_what, members, place) => {
  const described = below(schemas, ...place, "properties");
  expect(Object.keys(members).sort()).toEqual(Object.keys(described).sort());
});
