import type { Plan } from "../protocol/plan.ts";
import { writePlan } from "../protocol/plan-payload.ts";
import { type SearchBody, searchDefaults } from "../protocol/search-request.ts";
import { type TraceContext, traceparentOf } from "../protocol/trace-context.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { CanaryGuard } from "./canary-attempt.ts";
import type { CatalogIndex } from "./catalog.ts";
import type { AnswerTimes } from "./instant-answers.ts";
import { weighShards } from "./known-documents.ts";
import { pageReserveMs } from "./page-reserve.ts";
import { planShape, planWords } from "./plan-shape.ts";
import { Scatter, type ScatterResources, type ScatterResult } from "./scatter.ts";

/** What a query's scatter came to, whether or not that is enough to answer with. */
export type Gathered = {
  plan: Plan;
  result: ScatterResult;
  attempts: readonly AttemptRecord[];
  startMs: number;
  deadlineMs: number;
} & AnswerTimes;

/** One plan on its way to the leaves. */
export type ScatterOrder = {
  plan: Plan;
  body: Pick<SearchBody, "minCoverage" | "hedge">;
  trace: TraceContext;
  startMs: number;
  plannedMs: number;
  budgetMs: number;
  /** Runs its argument when nobody waits for the answer any more: at once where that is so already. */
  onGone: (run: () => void) => void;
};

/**
 * Scatters a plan to one replica of each shard and gathers what comes by the deadline. Where the plan may be poisonous,
 * one leaf tries it first.
 */
export async function scatterPlan(
  index: CatalogIndex,
  { plan, body, trace, startMs, plannedMs, budgetMs, onGone }: ScatterOrder,
  { resources, guard }: { resources: ScatterResources; guard: CanaryGuard },
): Promise<Gathered> {
  const { shards } = index;
  const deadlineMs = startMs + budgetMs - pageReserveMs({ top: plan.top, shards: shards.length, budgetMs });
  const query = {
    shape: planShape(plan),
    words: () => planWords(plan),
    shards,
    plan: writePlan(plan, traceparentOf(trace)),
    deadlineMs,
    minCoverage: body.minCoverage ?? searchDefaults.minCoverage,
    hedge: body.hedge ?? searchDefaults.hedge,
    queryClass: queryClassOf(plan),
  };
  const leads: AttemptRecord[] = [];
  if (!guard.isClear(query)) await guard.clear({ ...query, onLead: (lead) => leads.push(lead) });
  weighShards(index);
  const scatter = new Scatter(query, resources);
  onGone(() => scatter.cancel());
  const result = await scatter.run();
  const attempts = leads.length === 0 ? result.attempts : [...leads, ...result.attempts];
  const gatheredMs = resources.clock.nowMs();
  guard.review(query, result.reports);
  return { plan, result, attempts, startMs, plannedMs, gatheredMs, deadlineMs };
}

/** Keeps the latencies of short and long queries apart: 0 to 3 by the number of terms. */
function queryClassOf(plan: Plan): number {
  const terms = plan.clauses.reduce((sum, clause) => sum + clause.terms.length, 0);
  return terms <= 1 ? 0 : terms <= 3 ? 1 : terms <= 8 ? 2 : 3;
}
