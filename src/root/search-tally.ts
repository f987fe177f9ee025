import { HedgerowError } from "../errors.ts";
import { LatencyTracker } from "../policy/latency-window.ts";

/** How a search ended: with an answer, with an error, refused before it began, or given up by its caller. */
export type SearchEnd = "answered" | "failed" | "shed" | "abandoned";

export type SearchFacts = {
  tookMs: number;
  queuedMs?: number | undefined;
  deadline?: "met" | "missed" | undefined;
};

/**
 * Whether a search left within its budget. One that failed by its caller's own fault counts neither way; one that fell
 * short of the coverage its caller asked for was told so, in time or not; what failed otherwise has missed it.
 */
export function deadlineKept(search: {
  tookMs: number;
  budgetMs: number;
  failure: unknown;
}): "met" | "missed" | undefined {
  const { tookMs, budgetMs, failure } = search;
  const inTime = tookMs <= budgetMs ? "met" : "missed";
  if (failure === undefined) return inTime;
  if (!(failure instanceof HedgerowError)) return "missed";
  if (failure.code === "insufficient_coverage") return inTime;
  return failure.status >= 500 || failure.status === 429 ? "missed" : undefined;
}

/** What a root remembers of whole searches, for `/v1/cluster` and the metrics. */
export class SearchTally {
  /** From a request's arrival to its answer. */
  readonly took = new LatencyTracker();
  /** How much of that the slowest shard's attempt stood in its leaf's queue. */
  readonly queued = new LatencyTracker();
  /** Whether those that a caller could fairly expect an answer to had one within their budget. */
  readonly deadlines = { met: 0, missed: 0 };
  readonly ends: Record<SearchEnd, number> = { answered: 0, failed: 0, shed: 0, abandoned: 0 };

  /** Counts a search; the times of those that ran to their end count too. `queuedMs` undefined: nobody knows. */
  record(end: SearchEnd, { tookMs, queuedMs, deadline }: SearchFacts, nowMs: number): void {
    this.ends[end]++;
    if (end !== "abandoned" && deadline !== undefined) this.deadlines[deadline]++;
    if (end === "shed" || end === "abandoned") return;
    this.took.record(tookMs, nowMs);
    if (queuedMs !== undefined) this.queued.record(queuedMs, nowMs);
  }
}
