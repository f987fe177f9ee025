import type { AttemptProfile } from "../../protocol/answer-profile.ts";
import type { SearchAnswer, ShardAnswer, Timing } from "./answers.ts";

/** What a stretch of time was spent on, in the order in which a legend names them. */
export const stretchKinds = [
  "plan",
  "merge",
  "network",
  "queue",
  "complete",
  "truncated",
  "unused",
  "cancelled",
  "missing",
  "waiting",
] as const;

export type StretchKind = (typeof stretchKinds)[number];

export type TimelineStretch = { kind: StretchKind; fromMs: number; toMs: number };

/** One line of the waterfall: the root itself, or one attempt. */
export type TimelineRow = {
  name: string;
  detail: string;
  kind: "root" | AttemptProfile["purpose"];
  outcome: string;
  /** What else is known of it, for whoever asks. */
  note: string;
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
  const { timing, shards, profile } = answer;
  const endOfGatherMs = profile?.gatheredMs ?? timing.queuedMs + timing.planMs + timing.scatterMs;
  const rows = shards.flatMap((shard) => {
    const attempts = profile?.attempts.filter((attempt) => attempt.shard === shard.shard) ?? [];
    if (attempts.length === 0) return [shardRow(shard, timing, endOfGatherMs)];
    return attempts.map((attempt) => attemptRow(attempt, shard, Math.max(endOfGatherMs, attempt.sentMs)));
  });
  const all = [rootRow(timing, endOfGatherMs, profile?.plannedMs), ...rows];
  const endMs = Math.max(timing.tookMs, ...all.flatMap(({ stretches }) => stretches.map(({ toMs }) => toMs)), 0.1);
  const deadlineMs = profile?.deadlineMs ?? timing.budgetMs;
  return { rows: all, deadlineMs, ...axisOf(endMs, deadlineMs) };
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

function rootRow(timing: Timing, gatheredMs: number, plannedMs = timing.queuedMs + timing.planMs): TimelineRow {
  const stretches: TimelineStretch[] = [
    { kind: "plan", fromMs: Math.max(0, plannedMs - timing.planMs), toMs: plannedMs },
    { kind: "waiting", fromMs: plannedMs, toMs: gatheredMs },
    { kind: "merge", fromMs: gatheredMs, toMs: Math.max(gatheredMs + timing.mergeMs, timing.tookMs) },
  ];
  return { name: "root", detail: "", kind: "root", outcome: "answered", note: "", stretches };
}

/** Without a profile a shard's time is all that is known; it began when the plan was made. */
function shardRow(shard: ShardAnswer, { queuedMs, planMs }: Timing, gatheredMs: number): TimelineRow {
  const sentMs = queuedMs + planMs;
  const { outcome, leaf } = shard;
  const isAnswered = outcome === "complete" || outcome === "truncated";
  const toMs = outcome === "unavailable" ? sentMs : isAnswered ? sentMs + shard.tookMs : gatheredMs;
  const stretches: TimelineStretch[] = [{ kind: isAnswered ? outcome : "missing", fromMs: sentMs, toMs }];
  const name = `shard ${shard.shard}`;
  return { name, detail: leaf ?? "no replica", kind: "first", outcome, note: "", stretches };
}

function attemptRow(attempt: AttemptProfile, shard: ShardAnswer, gatheredMs: number): TimelineRow {
  const { leaf, purpose, sentMs, onLeaf } = attempt;
  const endMs = attempt.endedMs ?? gatheredMs;
  const kind = finishOf(attempt, shard);
  const whole: TimelineStretch[] = [{ kind, fromMs: sentMs, toMs: endMs }];
  const stretches = onLeaf === undefined ? whole : stagesOf(sentMs, onLeaf, { kind, endMs });
  const note = onLeaf === undefined ? "" : noteOf(onLeaf);
  return {
    name: `shard ${shard.shard}`,
    detail: leaf,
    kind: purpose,
    outcome: saidOf(attempt, shard),
    note,
    stretches,
  };
}

/** On the way, queued, searching, on the way back. Another clock's instants may be a little off: they keep their order. */
function stagesOf(
  sentMs: number,
  { arrivedMs, startedMs, repliedMs }: NonNullable<AttemptProfile["onLeaf"]>,
  { kind, endMs }: { kind: StretchKind; endMs: number },
): TimelineStretch[] {
  const clamp = (instantMs: number, afterMs: number): number => Math.min(endMs, Math.max(afterMs, instantMs));
  const arrived = clamp(arrivedMs, sentMs);
  const started = clamp(startedMs, arrived);
  const replied = clamp(repliedMs, started);
  return [
    { kind: "network", fromMs: sentMs, toMs: arrived },
    { kind: "queue", fromMs: arrived, toMs: started },
    { kind, fromMs: started, toMs: replied },
    { kind: "network", fromMs: replied, toMs: endMs },
  ];
}

function noteOf({ kernelMs, postings, clockErrorMs }: NonNullable<AttemptProfile["onLeaf"]>): string {
  const work = `${kernelMs.toFixed(2)} ms in the kernel, work worth ${postings} postings`;
  return `${work}; the leaf's times are known to ± ${clockErrorMs.toFixed(2)} ms`;
}

function finishOf({ end, won }: AttemptProfile, { outcome }: ShardAnswer): StretchKind {
  if (end === "cancelled") return "cancelled";
  if (end !== "answered") return "missing";
  if (!won) return "unused";
  return outcome === "truncated" ? "truncated" : "complete";
}

/** An attempt's end in a word: its shard's outcome where it decided it. */
function saidOf({ end, won, code }: AttemptProfile, { outcome }: ShardAnswer): string {
  if (end === "cancelled") return "cancelled";
  if (end === "failed") return code ?? "failed";
  if (end === "open") return outcome === "complete" || outcome === "truncated" ? "not awaited" : outcome;
  return won ? outcome : "not needed";
}
