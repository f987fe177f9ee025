import { createAnalyzer } from "../engine/analyzer.ts";
import { HedgerowError, invalidAt } from "../errors.ts";
import { sliceText } from "../protocol/bytes.ts";
import type { DocumentSlice, ShardReply } from "../protocol/link.ts";
import type { Plan } from "../protocol/plan.ts";
import { averageLengths, inverseDocumentFrequency } from "../protocol/plan-numbers.ts";
import { writePlan } from "../protocol/plan-payload.ts";
import { budgetMsLimit, queryLengthMax } from "../protocol/search-request.ts";
import { type IndexDefinition, textFields } from "../protocol/settings.ts";
import type { StatisticsCursor } from "../protocol/statistics.ts";
import { yieldToLoop } from "../time.ts";
import { checkPlan } from "./plan-check.ts";
import type { HeldReplica, Replicas } from "./replicas.ts";
import type { ReplyTo, SearchFailure } from "./search.ts";
import type { SearchQueue } from "./search-queue.ts";

/** A search of one shard by a person: a plan as roots send it, or words, which this leaf then weighs by itself. */
export type PlainSearchBody =
  | { plan: unknown; budgetMs?: number }
  | { query: string; size?: number; budgetMs?: number };

/** Each hit's document is read and written again in one go, which holds up the searches of roots. */
const hitsMax = 1000;

/** The JSON Schema of `PlainSearchBody`. */
export const plainSearchSchema = {
  type: "object",
  oneOf: [{ required: ["plan"] }, { required: ["query"] }],
  additionalProperties: false,
  properties: {
    plan: { type: "object" },
    query: { type: "string", maxLength: queryLengthMax },
    size: { type: "integer", minimum: 0, maximum: hitsMax },
    budgetMs: { type: "number", minimum: 1, maximum: budgetMsLimit },
  },
} as const;

/** What a person gets: the shard's own answer. */
export type PlainAnswer = Omit<ShardReply, "hits" | "documentSizesBytes"> & {
  /** `shard`: scores come from this shard's own statistics and need not be those of the whole index. */
  statistics: "shard" | "plan";
  hits: { id: string; score: number; document?: unknown }[];
};

const budgetDefaultMs = 1000;
const sizeDefault = 10;
const statisticsPageTerms = 4000;

/**
 * Searches one shard that this leaf holds, for `trace` (a `traceparent`) where a plan names none of its own. Throws what is
 * wrong as an error of the table.
 */
export async function searchPlainly(
  replicas: Replicas,
  searches: Pick<SearchQueue, "submit">,
  request: { index: string; shard: number; body: PlainSearchBody; trace: string },
): Promise<PlainAnswer> {
  const { index, shard, body, trace } = request;
  const held = replicas.latest(index, shard);
  if (held === undefined) throw new HedgerowError("not_found", `this leaf holds no shard ${shard} of "${index}"`);
  const plan = "query" in body ? await planOf(body, held) : readGivenPlan(body.plan);
  const budgetMs = body.budgetMs ?? budgetDefaultMs;
  const { reply, documents } = await submitted(searches, {
    plan: writePlan(plan, plan.trace ?? trace),
    shard,
    budgetMs,
  });
  const { hits, documentSizesBytes: _sizes, ...rest } = reply;
  return {
    ...rest,
    statistics: "query" in body ? "shard" : "plan",
    hits: hits.map((hit, i) => withDocument(hit, documents[i])),
  };
}

function readGivenPlan(given: unknown): Plan {
  const reading = checkPlan(given);
  if (reading.kind === "unfit") throw invalidAt("/plan", reading.detail);
  const { plan } = reading;
  if (plan.top <= hitsMax) return plan;
  throw invalidAt("/plan/top", `a search by hand answers with ${hitsMax} hits at most; the plan asks for ${plan.top}`);
}

/** A plan for plain words, any of which may match, weighed with the shard's own statistics. */
async function planOf(
  { query, size }: { query: string; size?: number },
  { definition, replica }: { definition: IndexDefinition; replica: HeldReplica },
): Promise<Plan> {
  const { settings } = definition;
  const words = [...new Set(createAnalyzer(settings).terms(query))];
  const { documents, lengths, frequencies } = await shardStatistics(replica, words);
  return {
    index: definition.index,
    incarnation: definition.incarnation,
    epoch: "shard",
    bm25: settings.bm25,
    fieldBoosts: textFields(settings).map((name) => settings.fields[name]?.boost ?? 1),
    averageLengths: averageLengths(documents, lengths),
    clauses: words.map((term) => ({
      occur: "optional",
      terms: [{ term, weight: inverseDocumentFrequency(documents, frequencies.get(term) ?? 0) }],
    })),
    matchAtLeast: words.length === 0 ? 0 : 1,
    top: size ?? sizeDefault,
  };
}

type ShardStatistics = { documents: number; lengths: readonly number[]; frequencies: Map<string, number> };

/** Adds up the shard's statistics of a few terms, page by page, leaving the thread to searches in between. */
async function shardStatistics(replica: HeldReplica, terms: readonly string[]): Promise<ShardStatistics> {
  const frequencies = new Map(terms.map((term) => [term, 0]));
  let cursor: StatisticsCursor | undefined;
  for (;;) {
    const delta = replica.statistics(cursor, statisticsPageTerms);
    if (delta.reset) for (const term of terms) frequencies.set(term, 0);
    delta.terms.forEach((term, i) => {
      const known = frequencies.get(term);
      if (known !== undefined) frequencies.set(term, known + (delta.counts[i] ?? 0));
    });
    if (!delta.more) return { documents: delta.documents, lengths: delta.lengths, frequencies };
    cursor = delta.cursor;
    await yieldToLoop();
  }
}

type Submitted = { reply: ShardReply; documents: readonly DocumentSlice[] };

/** Puts a search into the same queue that roots' searches wait in. */
function submitted(
  searches: Pick<SearchQueue, "submit">,
  search: { plan: Uint8Array; shard: number; budgetMs: number },
): Promise<Submitted> {
  return new Promise((resolve, reject) => {
    const replyTo: ReplyTo = {
      started: () => undefined,
      reply: (_request, reply, documents) => resolve({ reply, documents }),
      failure: (_request, error) => reject(errorOf(error)),
    };
    searches.submit({ ...search, request: 0, tied: false, replyTo });
  });
}

/** What a person is told of a search that brought nothing. */
function errorOf({ code, detail }: SearchFailure): HedgerowError {
  switch (code) {
    case "overloaded":
      return new HedgerowError("overloaded", detail);
    case "expired":
      return new HedgerowError("deadline_exceeded", detail);
    case "bad_plan":
      return invalidAt("/plan", detail);
    case "unknown_shard":
      return new HedgerowError("not_found", detail);
    case "not_ready":
      return new HedgerowError("not_ready", detail);
    case "crashed":
      return new HedgerowError("internal", detail);
  }
}

function withDocument(
  { id, score }: { id: string; score: number },
  source: DocumentSlice | undefined,
): PlainAnswer["hits"][number] {
  if (source === undefined || source.end === source.start) return { id, score };
  const document: unknown = JSON.parse(sliceText(source));
  return { id, score, document };
}
