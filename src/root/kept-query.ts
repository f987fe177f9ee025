import { HedgerowError } from "../errors.ts";
import type { TraceContext } from "../protocol/trace-context.ts";
import type { Gathered } from "./gathered.ts";
import type { SearchEnd } from "./search-tally.ts";

/** A search that is over. */
export type EndedQuery = {
  index: string;
  /** What its caller typed. */
  text: string;
  trace: TraceContext;
  startMs: number;
  /** When it could begin: it may have had to wait for its caller's own write, or for the index's statistics. */
  readyMs: number;
  doneMs: number;
  budgetMs: number;
  end: SearchEnd;
  /** What was thrown, where it failed. */
  failure: unknown;
  /** What its scatter came to; undefined where there was none: it was answered from what was known, or never sent. */
  gathered: Gathered | undefined;
};

/** Why a search's trace is kept: it says something, or somebody wants it. */
export type KeepReason = NewsReason | "asked" | "drawn";

/** What a search says for itself, whoever looks. */
export type NewsReason = "failed" | "partial" | "slow";

export type KeepRules = {
  /** From here on a search is slow, without what it waited for a write. */
  slowMs: number;
  /** One trace in so many is kept whatever it is like, the same ones by every root; 0: none. */
  traceEvery: number;
};

/**
 * Whether to keep a search's trace, decided when it is over: nothing was recorded for it that is not known anyway, so
 * that none of the slow, the partial and the failed need be missed.
 */
export function reasonToKeep(query: EndedQuery, { slowMs, traceEvery }: KeepRules): KeepReason | undefined {
  if (query.end === "failed" && isOurFault(query.failure)) return "failed";
  if (query.end !== "abandoned" && query.gathered !== undefined && isPartial(query.gathered)) return "partial";
  if (query.doneMs - query.readyMs >= slowMs) return "slow";
  if (query.trace.sampled) return "asked";
  return traceEvery > 0 && Number.parseInt(query.trace.traceId.slice(-8), 16) % traceEvery === 0 ? "drawn" : undefined;
}

function isOurFault(failure: unknown): boolean {
  return !(failure instanceof HedgerowError) || failure.status >= 500;
}

function isPartial({ result }: Gathered): boolean {
  for (const { outcome } of result.reports) if (outcome !== "complete") return true;
  return false;
}
