import { HedgerowError } from "../errors.ts";
import type { Log } from "../telemetry/log.ts";
import type { SpanSink } from "../telemetry/span.ts";
import { type EndedQuery, type KeepReason, type KeepRules, reasonToKeep } from "./kept-query.ts";
import type { LineBudget } from "./line-budget.ts";
import { querySpans } from "./query-spans.ts";
import { rounded } from "./rounded.ts";
import type { PlanMisfit } from "./scatter.ts";

export type QueryWatchOptions = {
  rules: KeepRules;
  log: Log;
  /** Which lines of slow, partial and failed searches the log takes, unless it takes all. */
  lines: Pick<LineBudget, "take">;
  /** Whether the log takes a line of every search. */
  logsAll: boolean;
  /** Whether what was typed may stand in the log and in traces. */
  showText: boolean;
  /** Where traces go; undefined: nowhere. */
  sink: SpanSink | undefined;
};

/** Sees every search end. Answers its trace's id where somebody will be able to find it. */
export type QueryWatch = (query: EndedQuery) => string | undefined;

const messages: Readonly<Record<KeepReason, string>> = {
  failed: "search failed",
  partial: "search was partial",
  slow: "search was slow",
  asked: "search",
  drawn: "search",
};

/**
 * Logs and traces searches: those that are slow, partial or failed always, others as the settings and callers want. Of
 * many at once the log takes some and counts the rest; their traces are all kept.
 */
export function watchQueries({ rules, log, lines, logsAll, showText, sink }: QueryWatchOptions): QueryWatch {
  return (query) => {
    const misfit = query.gathered?.result.misfit;
    if (misfit !== undefined && lines.take("failed")) log.warn(misfitLine(query, misfit), "leaf refused a plan");
    const reason = reasonToKeep(query, rules);
    if (reason === undefined) {
      if (logsAll) log.debug(lineOf(query, showText), "search");
      return undefined;
    }
    const isNews = reason !== "asked" && reason !== "drawn";
    const isLogged = isNews && (logsAll || lines.take(reason));
    if (isLogged) log.warn(lineOf(query, showText), messages[reason]);
    else if (logsAll) log.debug(lineOf(query, showText), messages[reason]);
    sink?.take(query.trace, querySpans(query, { reason, showText }));
    return isLogged || sink !== undefined ? query.trace.traceId : undefined;
  };
}

/** A root makes no plan that does not fit its index: the leaf has another one, or is of another version. */
function misfitLine({ trace: { traceId }, index }: EndedQuery, misfit: PlanMisfit): Record<string, unknown> {
  return { traceId, index, ...misfit };
}

/** What a line of the log says of a search. */
function lineOf(query: EndedQuery, showText: boolean): Record<string, unknown> {
  const { index, text, trace, startMs, readyMs, doneMs, budgetMs, end, failure, gathered } = query;
  const line = {
    traceId: trace.traceId,
    index,
    end,
    tookMs: rounded(doneMs - startMs),
    budgetMs,
    ...(readyMs === startMs ? {} : { waitedMs: rounded(readyMs - startMs) }),
    ...(showText ? { query: text } : {}),
    ...(failure === undefined ? {} : { code: failure instanceof HedgerowError ? failure.code : "internal" }),
  };
  if (gathered === undefined) return line;
  const { plannedMs, gatheredMs, attempts, result } = gathered;
  const missing = result.reports.flatMap(({ outcome, replica, errors }, shard) =>
    outcome === "complete" ? [] : [{ shard, outcome, leaf: replica?.leaf ?? null, errors }],
  );
  return {
    ...line,
    planMs: rounded(plannedMs - readyMs),
    scatterMs: rounded(gatheredMs - plannedMs),
    mergeMs: rounded(doneMs - gatheredMs),
    coverage: result.coverage,
    attempts: attempts.length,
    hedges: attempts.filter(({ purpose }) => purpose === "hedge").length,
    ...(missing.length === 0 ? {} : { missing }),
  };
}
