import { LatencyTracker } from "../policy/latency-window.ts";

/** How a search ended: with an answer, with an error, refused before it began, or given up by its caller. */
export type SearchEnd = "answered" | "failed" | "shed" | "abandoned";

/** What a root remembers of whole searches, for `/v1/cluster` and the metrics. */
export class SearchTally {
  /** From a request's arrival to its answer. */
  readonly took = new LatencyTracker();
  /** How much of that the slowest shard's attempt stood in its leaf's queue. */
  readonly queued = new LatencyTracker();
  readonly ends: Record<SearchEnd, number> = { answered: 0, failed: 0, shed: 0, abandoned: 0 };

  /** Counts a search; the times of those that ran to their end count too. `queuedMs` undefined: nobody knows. */
  record(end: SearchEnd, { tookMs, queuedMs }: { tookMs: number; queuedMs?: number | undefined }, nowMs: number): void {
    this.ends[end]++;
    if (end === "shed" || end === "abandoned") return;
    this.took.record(tookMs, nowMs);
    if (queuedMs !== undefined) this.queued.record(queuedMs, nowMs);
  }
}
