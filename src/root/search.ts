import { HedgerowError } from "../errors.ts";
import type { Priority } from "../policy/admission.ts";
import { type Hit, hitComparator } from "../protocol/hit.ts";
import type { Plan } from "../protocol/plan.ts";
import { writePlan } from "../protocol/plan-payload.ts";
import type { SearchBody } from "../protocol/search-request.ts";
import { writeCursor } from "../query/cursor.ts";
import { planQuery } from "../query/plan.ts";
import type { Grant } from "../security/access.ts";
import type { TraceContext } from "../telemetry/span.ts";
import { extendAnswer, writeAnswer } from "./answer.ts";
import { answerKey, answerVariant } from "./answer-key.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { CanaryGuard } from "./canary-attempt.ts";
import type { CatalogIndex } from "./catalog.ts";
import { facetsOf } from "./facets.ts";
import { heardSequences } from "./heard.ts";
import type { AnswerTimes, GatheredAnswer, InstantAnswers } from "./instant-answers.ts";
import { tellsOfAll, weighShards } from "./known-documents.ts";
import { mergeHits } from "./merge.ts";
import { pageReserveMs } from "./page-reserve.ts";
import { planShape, planWords } from "./plan-shape.ts";
import { profileOf } from "./profile.ts";
import { Scatter, type ScatterResources, type ScatterResult } from "./scatter.ts";
import { isSettledBy } from "./settled.ts";
import { shownPage } from "./shown-value.ts";
import { traceparentOf } from "./trace.ts";
import { requireEnough, rounded, verdictOf } from "./verdict.ts";

export type SearchLimits = { budgetMs: number; windowMax: number };

/** What a query's scatter came to, whether or not that is enough to answer with. */
export type Gathered = {
  plan: Plan;
  result: ScatterResult;
  attempts: readonly AttemptRecord[];
  startMs: number;
  deadlineMs: number;
} & AnswerTimes;

/** Where one request stands among others: when it came in, its trace, and how to hear that its caller is gone. */
export type SearchContext = {
  /** What whoever asks may know of. */
  grant: Pick<Grant, "covers">;
  trace: TraceContext;
  startMs: number;
  priority: Priority;
  /** Runs its argument when the caller has gone: at once where that is so already. */
  onGone: (run: () => void) => void;
};

/** What a root's searches share. */
export type SearchParts = {
  resources: ScatterResources;
  limits: SearchLimits;
  guard: CanaryGuard;
  instant: InstantAnswers;
};

/** One request to search. */
export type Search = {
  body: SearchBody;
  context: SearchContext;
  /** Whether the write that was to be read can be found; undefined where none was named. */
  afterReached: boolean | undefined;
  /** Hears what a scatter came to, also where it is not enough. */
  onGathered: (gathered: Gathered) => void;
};

/** Answers one search, as bytes: with an answer that is known or under way already, or else with one of its own. */
export async function searchIndex(index: CatalogIndex, search: Search, parts: SearchParts): Promise<Buffer> {
  const { body, context, afterReached } = search;
  const { clock } = parts.resources;
  const { startMs, onGone, trace } = context;
  const page = pageOf(body, parts.limits);
  const budgetMs = body.budgetMs ?? parts.limits.budgetMs;
  const arrivedMs = clock.nowMs();
  const found = await parts.instant.find({
    key: answerKey(index, body),
    variant: answerVariant(body),
    startMs,
    deadlineMs: startMs + budgetMs,
    onGone,
    gather: (onAbandoned) => gatherAnswer(index, search, { parts, page, budgetMs, onGone: onAbandoned }),
  });
  const doneMs = clock.nowMs();
  const own = found.source === "scatter" ? found.times : undefined;
  const { plannedMs, gatheredMs } = own ?? { plannedMs: arrivedMs, gatheredMs: doneMs };
  return extendAnswer(found.body, {
    cached: found.source === "cache" ? true : undefined,
    afterReached,
    timing: {
      budgetMs,
      tookMs: rounded(doneMs - startMs),
      queuedMs: rounded(arrivedMs - startMs),
      planMs: rounded(plannedMs - arrivedMs),
      scatterMs: rounded(gatheredMs - plannedMs),
      mergeMs: rounded(doneMs - gatheredMs),
    },
    traceId: trace.traceId,
  });
}

type Gathering = {
  parts: SearchParts;
  page: { from: number; size: number };
  budgetMs: number;
  /** Runs its argument when nobody waits for the answer any more: at once where that is so already. */
  onGone: (run: () => void) => void;
};

/**
 * Gathers an answer from the leaves:
 * 1. plan it once, with the index's global statistics;
 * 2. have one leaf try it first, where it may be poisonous;
 * 3. scatter the plan to one replica of each shard and gather what comes by the deadline;
 * 4. judge whether that is enough, and merge the shards' hits into one page;
 * 5. write it down together with what it rests on.
 */
async function gatherAnswer(
  index: CatalogIndex,
  { body, context, onGathered }: Search,
  { parts, page: { from, size }, budgetMs, onGone }: Gathering,
): Promise<GatheredAnswer> {
  const { resources, guard } = parts;
  const { clock } = resources;
  const { startMs } = context;
  const sequences = index.shards.map((_, shard) => index.statistics.shard(shard).sequence);
  const heard = heardSequences(index.shards);
  const { corrections, ...planned } = planQuery(body, index);
  const { plan, documents, documentsLeftOut } = planned;
  const plannedMs = clock.nowMs();
  const query = {
    shape: planShape(plan),
    words: () => planWords(plan),
    shards: index.shards,
    plan: planBytes(plan, context),
    deadlineMs: startMs + budgetMs - pageReserveMs({ top: plan.top, shards: index.shards.length, budgetMs }),
    minCoverage: body.minCoverage ?? 0,
    hedge: body.hedge ?? true,
    queryClass: queryClassOf(plan),
  };
  const leads: AttemptRecord[] = [];
  if (!guard.isClear(query)) await guard.clear({ ...query, onLead: (lead) => leads.push(lead) });
  weighShards(index);
  const scatter = new Scatter(query, resources);
  onGone(() => scatter.cancel());
  const result = await scatter.run();
  const { reports, answers, coverage } = result;
  const attempts = leads.length === 0 ? result.attempts : [...leads, ...result.attempts];
  const gatheredMs = clock.nowMs();
  guard.review(query, reports);
  const { deadlineMs } = query;
  onGathered({ plan, result, attempts, startMs, plannedMs, gatheredMs, deadlineMs });
  const verdict = verdictOf({ reports, answers, coverage, heard });
  requireEnough(verdict, { minCoverage: query.minCoverage, refusal: result.refusal });
  const page = mergeHits(answers, {
    from,
    size,
    compare: hitComparator(plan.sort),
    isSettled: isSettledBy(plan, result, {
      statistics: index.statistics,
      isKnown: (shard) => tellsOfAll(index, shard),
    }),
  });
  const total = totalOf(result, verdict.coverage.shards.missing === 0 && documentsLeftOut === 0);
  const last = page.at(-1)?.hit;
  // From the beginning it is known how many have been shown; behind a cursor a page that is not full tells.
  const shown = body.cursor === undefined && total.exact ? from + page.length : 0;
  const isLastPage = page.length < size || shown >= total.value;
  // Members that are undefined are not written.
  const written = writeAnswer(plan.index, shownPage(page, plan, index.definition.settings), {
    total,
    complete: verdict.complete,
    coverage: verdict.coverage,
    shards: verdict.shards,
    facets: plan.facets === undefined ? undefined : facetsOf(plan.facets, { ...result, documentsLeftOut }, index),
    cursor: last === undefined || isLastPage ? null : writeCursor(body, planned, last),
    statistics: { epoch: plan.epoch, documents },
    corrections: corrections.length === 0 ? undefined : corrections,
    profile: body.profile === true ? profileOf(attempts, { startMs, plannedMs, gatheredMs, deadlineMs }) : undefined,
  });
  return {
    body: written,
    complete: verdict.complete && page.every(({ hit }) => hasDetails(hit, plan)),
    current: answers.every(({ shard, reply }) => reply.sequence >= (sequences[shard] ?? 0)),
    times: { plannedMs, gatheredMs },
  };
}

/** The plan as leaves read it; by the trace they name the query where they have something to say of it. */
function planBytes(plan: Plan, { trace }: SearchContext): Buffer {
  return writePlan(plan, traceparentOf(trace));
}

/** Whether the leaf had time for all that it was asked to tell of a hit; an answer without is not one to keep. */
function hasDetails({ highlights, explanation }: Hit, plan: Plan): boolean {
  return (
    (plan.highlight === undefined || highlights !== undefined) && (plan.explain !== true || explanation !== undefined)
  );
}

function pageOf(body: SearchBody, limits: SearchLimits): { from: number; size: number } {
  const from = body.from ?? 0;
  const size = body.size ?? 10;
  if (from + size <= limits.windowMax) return { from, size };
  const detail = `from + size is ${from + size}, more than ${limits.windowMax}; walk deeper with "cursor"`;
  throw new HedgerowError("invalid_request", detail, [{ path: "/from", detail }]);
}

function totalOf({ answers }: ScatterResult, isWhole: boolean): { value: number; exact: boolean } {
  const value = answers.reduce((sum, { reply }) => sum + reply.total, 0);
  return { value, exact: isWhole && answers.every(({ reply }) => reply.totalExact) };
}

/** Keeps the latencies of short and long queries apart: 0 to 3 by the number of terms. */
function queryClassOf(plan: Plan): number {
  const terms = plan.clauses.reduce((sum, clause) => sum + clause.terms.length, 0);
  return terms <= 1 ? 0 : terms <= 3 ? 1 : terms <= 8 ? 2 : 3;
}
