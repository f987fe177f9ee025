import { messageOf } from "../errors.ts";
import type { SpanRecord } from "../telemetry/span.ts";
import { type AttemptRecord, leafTimeline } from "./attempt-record.ts";
import type { ShardReport } from "./gather-contract.ts";
import type { EndedQuery, KeepReason } from "./kept-query.ts";
import { rounded } from "./rounded.ts";

/** The spans of a search: the plan, each shard with its attempts, their time on the leaf, and the merging. */
export function querySpans(
  query: EndedQuery,
  { reason, showText }: { reason: KeepReason; showText: boolean },
): SpanRecord {
  const { startMs, doneMs, budgetMs, gathered, end, failure } = query;
  return {
    name: "search",
    kind: "server",
    startMs,
    endMs: doneMs,
    attributes: {
      "hedgerow.index": query.index,
      "hedgerow.budget_ms": budgetMs,
      "hedgerow.end": end,
      "hedgerow.kept": reason,
      ...(showText ? { "hedgerow.query": query.text } : {}),
      ...(gathered === undefined ? {} : { "hedgerow.coverage": gathered.result.coverage }),
    },
    ...(end === "failed" ? { error: messageOf(failure) } : {}),
    children: gathered === undefined ? [] : partsOf(query, gathered),
  };
}

function partsOf(
  { startMs, readyMs, doneMs }: EndedQuery,
  gathered: NonNullable<EndedQuery["gathered"]>,
): SpanRecord[] {
  const { plan, plannedMs, gatheredMs, attempts, result } = gathered;
  const terms = plan.clauses.reduce((sum, clause) => sum + clause.terms.length, 0);
  const waited = readyMs === startMs ? [] : [part("wait", [startMs, readyMs], {})];
  const planned = part("plan", [readyMs, plannedMs], { "hedgerow.terms": terms, "hedgerow.epoch": plan.epoch });
  const shards = result.reports.map((report, shard) =>
    shardSpan(
      report,
      attempts.filter((attempt) => attempt.shard === shard),
      { shard, plannedMs, gatheredMs },
    ),
  );
  return [...waited, planned, ...shards, part("merge", [gatheredMs, doneMs], {})];
}

function shardSpan(
  report: ShardReport,
  attempts: readonly AttemptRecord[],
  { shard, plannedMs, gatheredMs }: { shard: number; plannedMs: number; gatheredMs: number },
): SpanRecord {
  const { outcome = "late", documents, documentsTotal, hedged } = report;
  const startMs = Math.min(gatheredMs, ...attempts.map(({ sentMs }) => sentMs));
  const endMs = Math.max(startMs, ...attempts.map(({ endedMs }) => endedMs ?? gatheredMs));
  const isMissing = outcome !== "complete" && outcome !== "truncated";
  return {
    ...part("shard", attempts.length === 0 ? [plannedMs, plannedMs] : [startMs, endMs], {
      "hedgerow.shard": shard,
      "hedgerow.outcome": outcome,
      "hedgerow.hedged": hedged,
      "hedgerow.documents": documents,
      "hedgerow.documents_total": documentsTotal,
    }),
    ...(isMissing ? { error: outcome } : {}),
    children: attempts.map((attempt) => attemptSpan(attempt, gatheredMs)),
  };
}

function attemptSpan(attempt: AttemptRecord, gatheredMs: number): SpanRecord {
  const { leaf, purpose, budgetMs, sentMs, endedMs = gatheredMs, end, won, code, batch } = attempt;
  return {
    name: "attempt",
    kind: "client",
    startMs: sentMs,
    endMs: endedMs,
    attributes: {
      "hedgerow.leaf": leaf,
      "hedgerow.purpose": purpose,
      "hedgerow.budget_ms": rounded(budgetMs),
      "hedgerow.end": end,
      "hedgerow.cancelled": end === "cancelled",
      "hedgerow.won": won,
    },
    ...(code === undefined ? {} : { error: code }),
    ...(batch === undefined ? {} : { batch: `${leaf} ${batch}` }),
    children: leafSpans(attempt),
  };
}

/** What the leaf did, as it told: within the attempt, and as exact as the two clocks are known. */
function leafSpans(attempt: AttemptRecord): SpanRecord[] {
  const timeline = leafTimeline(attempt);
  if (timeline === undefined) return [];
  const { arrivedMs, startedMs, repliedMs, clockErrorMs } = timeline;
  const attributes = { "hedgerow.leaf": attempt.leaf, "hedgerow.clock_error_ms": rounded(clockErrorMs) };
  return [
    { ...part("leaf queue", [arrivedMs, startedMs], attributes), kind: "server" },
    { ...part("leaf search", [startedMs, repliedMs], attributes), kind: "server" },
  ];
}

function part(name: string, [startMs, endMs]: [number, number], attributes: SpanRecord["attributes"]): SpanRecord {
  return { name, kind: "internal", startMs, endMs, attributes, children: [] };
}
