import { invalidAt } from "../errors.ts";
import type { Priority } from "../policy/admission.ts";
import { type SearchBody, searchDefaults } from "../protocol/search-request.ts";
import type { TraceContext } from "../protocol/trace-context.ts";
import { planQuery } from "../query/plan.ts";
import type { Grant } from "../security/access.ts";
import { extendAnswer } from "./answer.ts";
import { answerKey, answerVariant } from "./answer-key.ts";
import type { CanaryGuard } from "./canary-attempt.ts";
import type { CatalogIndex } from "./catalog.ts";
import { type Gathered, scatterPlan } from "./gathered.ts";
import { heardSequences } from "./heard.ts";
import type { GatheredAnswer, InstantAnswers } from "./instant-answers.ts";
import { rounded } from "./rounded.ts";
import type { ScatterResources } from "./scatter.ts";
import { requireEnough, verdictOf } from "./verdict.ts";
import { writePage } from "./written-page.ts";

export type SearchLimits = { budgetMs: number; windowMax: number };

/** Where one request stands among others: when it came in, its trace, and whether its caller is gone. */
export type SearchContext = {
  /** What whoever asks may know of. */
  grant: Pick<Grant, "covers">;
  trace: TraceContext;
  startMs: number;
  priority: Priority;
  readonly isGone: boolean;
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
  budgetMs: number;
  /** Whether the write that was to be read can be found; undefined where none was named. */
  afterReached: boolean | undefined;
  /** Hears what a scatter came to, also where it is not enough. */
  onGathered: (gathered: Gathered) => void;
};

/** Answers one search, as bytes: with an answer that is known or under way already, or else with one of its own. */
export async function searchIndex(index: CatalogIndex, search: Search, parts: SearchParts): Promise<Buffer> {
  const { body, context, budgetMs, afterReached } = search;
  const { clock } = parts.resources;
  const { startMs, onGone, trace } = context;
  const page = pageOf(body, parts.limits);
  const arrivedMs = clock.nowMs();
  const found = await parts.instant.find({
    key: answerKey(index, body),
    variant: answerVariant(body),
    mustBeCurrent: afterReached === true,
    startMs,
    deadlineMs: startMs + budgetMs,
    onGone,
    gather: (onAbandoned) => gatherAnswer(index, search, { parts, page, onGone: onAbandoned }),
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
  /** Runs its argument when nobody waits for the answer any more: at once where that is so already. */
  onGone: (run: () => void) => void;
};

/**
 * Gathers an answer from the leaves:
 * 1. plan it once, with the index's global statistics;
 * 2. scatter the plan to one replica of each shard and gather what comes by the deadline;
 * 3. judge whether that is enough;
 * 4. merge the shards' hits into one page, and write it down together with what it rests on.
 */
async function gatherAnswer(
  index: CatalogIndex,
  { body, context: { trace, startMs }, budgetMs, onGathered }: Search,
  { parts, page, onGone }: Gathering,
): Promise<GatheredAnswer> {
  const sequences = index.shards.map((_, shard) => index.statistics.shard(shard).sequence);
  const heard = heardSequences(index.shards);
  const planned = planQuery(body, index);
  const plannedMs = parts.resources.clock.nowMs();
  const order = { plan: planned.plan, body, trace, startMs, plannedMs, budgetMs, onGone };
  const gathered = await scatterPlan(index, order, parts);
  onGathered(gathered);
  const { result, gatheredMs } = gathered;
  const verdict = verdictOf({ ...result, heard });
  requireEnough(verdict, { minCoverage: body.minCoverage ?? searchDefaults.minCoverage, refusal: result.refusal });
  const { written, isDetailed } = writePage(index, { body, planned, page, gathered, verdict });
  return {
    body: written,
    complete: verdict.complete && isDetailed,
    current: result.answers.every(({ shard, reply }) => reply.sequence >= (sequences[shard] ?? 0)),
    times: { plannedMs, gatheredMs },
  };
}

function pageOf(body: SearchBody, limits: SearchLimits): { from: number; size: number } {
  const { from = searchDefaults.from, size = searchDefaults.size } = body;
  if (from + size <= limits.windowMax) return { from, size };
  const detail = `from + size is ${from + size}, more than ${limits.windowMax}; walk deeper with "cursor"`;
  throw invalidAt("/from", detail);
}
