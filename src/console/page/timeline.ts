import type { Attempt, SearchAnswer, ShardAnswer, Timing } from "./answers.ts";

/** How a stretch of time is drawn, and what it means. */
export type StretchKind =
  | "plan"
  | "merge"
  | "network"
  | "leaf"
  | "complete"
  | "truncated"
  | "cancelled"
  | "missing"
  | "waiting";

export type TimelineStretch = { kind: StretchKind; fromMs: number; toMs: number };

/** One line of the waterfall: the root itself, or one attempt. */
export type TimelineRow = {
  name: string;
  detail: string;
  kind: "root" | "first" | "hedge" | "retry";
  outcome: string;
  stretches: TimelineStretch[];
};

/** What a query did when. `place` gives an instant's share of the width, from 0 to 1. */
export type Timeline = {
  rows: TimelineRow[];
  deadlineMs: number;
  ticksMs: number[];
  /** The deadline lies far beyond what happened: the axis is broken before it. */
  isBroken: boolean;
  place(instantMs: number): number;
};

/** Where the drawing of what happened ends, and where the deadline stands, when the axis is broken. */
const brokenEnd = 0.84;
const brokenDeadline = 0.96;

/** Draws an answer: from its profile where it has one, else from what it says of each shard. */
export function timelineOf(answer: SearchAnswer): Timeline {
  const { timing } = answer;
  const attempts = answer.profile?.attempts ?? answer.shards.map((shard) => attemptFrom(shard, timing));
  const rows = [
    rootRow(timing),
    ...attempts
      .toSorted((a, b) => a.shard - b.shard || a.sentMs - b.sentMs || a.attempt - b.attempt)
      .map((attempt) => attemptRow(attempt, timing)),
  ];
  const endMs = Math.max(timing.tookMs, ...rows.flatMap(({ stretches }) => stretches.map(({ toMs }) => toMs)), 0.1);
  return { rows, deadlineMs: timing.budgetMs, ...axisOf(endMs, timing.budgetMs) };
}

function axisOf(endMs: number, deadlineMs: number): Pick<Timeline, "isBroken" | "place" | "ticksMs"> {
  const isBroken = deadlineMs > endMs * 1.6;
  const lastMs = isBroken ? endMs * 1.04 : Math.max(endMs, deadlineMs) * 1.04;
  const width = isBroken ? brokenEnd : 1;
  return {
    isBroken,
    ticksMs: ticksUpTo(lastMs),
    place(instantMs) {
      if (isBroken && instantMs >= deadlineMs) return brokenDeadline;
      return Math.min(width, Math.max(0, (instantMs / lastMs) * width));
    },
  };
}

/** Four or so round instants: 0, 5, 10, 15. */
function ticksUpTo(lastMs: number): number[] {
  const rough = lastMs / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const stepMs = power * ([1, 2, 5, 10].find((step) => step * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(lastMs / stepMs) + 1 }, (_, i) => i * stepMs);
}

function rootRow({ queuedMs, planMs, scatterMs, mergeMs, tookMs }: Timing): TimelineRow {
  const plannedMs = queuedMs + planMs;
  const gatheredMs = plannedMs + scatterMs;
  const stretches: TimelineStretch[] = [
    { kind: "waiting", fromMs: 0, toMs: queuedMs },
    { kind: "plan", fromMs: queuedMs, toMs: plannedMs },
    { kind: "waiting", fromMs: plannedMs, toMs: gatheredMs },
    { kind: "merge", fromMs: gatheredMs, toMs: Math.max(gatheredMs + mergeMs, tookMs) },
  ];
  return { name: "root", detail: "plan, wait, merge", kind: "root", outcome: "answered", stretches };
}

/** Without a profile a shard's time is all that is known; it began when the plan was made. */
function attemptFrom(shard: ShardAnswer, { queuedMs, planMs }: Timing): Attempt {
  const sentMs = queuedMs + planMs;
  const { outcome, leaf } = shard;
  const repliedMs = outcome === "complete" || outcome === "truncated" ? sentMs + shard.tookMs : null;
  return { shard: shard.shard, attempt: 0, leaf: leaf ?? "no replica", kind: "first", sentMs, repliedMs, outcome };
}

function attemptRow(attempt: Attempt, timing: Timing): TimelineRow {
  const { shard, leaf, sentMs, outcome } = attempt;
  const kind = kindOf(attempt);
  const endMs = attempt.repliedMs ?? attempt.cancelledMs ?? timing.queuedMs + timing.planMs + timing.scatterMs;
  const finish = finishOf(outcome);
  const startedMs = attempt.startedMs ?? undefined;
  const finishedMs = attempt.finishedMs ?? (attempt.repliedMs == null ? undefined : endMs);
  const stretches: TimelineStretch[] =
    startedMs === undefined || finishedMs === undefined || finishedMs < startedMs
      ? [{ kind: finish, fromMs: sentMs, toMs: endMs }]
      : [
          { kind: "network", fromMs: sentMs, toMs: startedMs },
          { kind: finish, fromMs: startedMs, toMs: finishedMs },
          { kind: "network", fromMs: finishedMs, toMs: endMs },
        ];
  return { name: `shard ${shard}`, detail: leaf, kind, outcome, stretches };
}

function kindOf({ kind, attempt }: Attempt): TimelineRow["kind"] {
  if (kind === "hedge" || kind === "retry" || kind === "first") return kind;
  return attempt > 0 ? "hedge" : "first";
}

function finishOf(outcome: string): StretchKind {
  if (outcome === "complete" || outcome === "truncated" || outcome === "cancelled") return outcome;
  return outcome === "waiting" ? "waiting" : "missing";
}
