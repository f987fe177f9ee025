import type { AnswerProfile, AttemptProfile } from "../protocol/answer-profile.ts";
import { type AttemptRecord, leafTimeline } from "./attempt-record.ts";
import { rounded } from "./rounded.ts";

/** An answer's `profile`: every attempt's timeline, in the root's clock from the request's arrival. */
export function profileOf(
  attempts: readonly AttemptRecord[],
  times: { startMs: number; plannedMs: number; gatheredMs: number; deadlineMs: number },
): AnswerProfile {
  const since = (atMs: number): number => rounded(atMs - times.startMs);
  return {
    plannedMs: since(times.plannedMs),
    gatheredMs: since(times.gatheredMs),
    deadlineMs: since(times.deadlineMs),
    attempts: attempts.map((attempt) => attemptProfile(attempt, since)).sort((a, b) => a.sentMs - b.sentMs),
  };
}

function attemptProfile(attempt: AttemptRecord, since: (atMs: number) => number): AttemptProfile {
  const { shard, purpose, leaf, budgetMs, sentMs, endedMs, end, won, code } = attempt;
  const onLeaf = leafPart(attempt, since);
  return {
    shard,
    purpose,
    leaf,
    budgetMs: rounded(budgetMs),
    sentMs: since(sentMs),
    endedMs: endedMs === undefined ? null : since(endedMs),
    end,
    won,
    ...(code === undefined ? {} : { code }),
    ...(onLeaf === undefined ? {} : { onLeaf }),
  };
}

function leafPart(attempt: AttemptRecord, since: (atMs: number) => number): AttemptProfile["onLeaf"] {
  const timeline = leafTimeline(attempt);
  const profile = attempt.reply?.profile;
  if (timeline === undefined || profile === undefined) return undefined;
  const { kernelMs, slices, postings } = profile;
  return {
    arrivedMs: since(timeline.arrivedMs),
    startedMs: since(timeline.startedMs),
    repliedMs: since(timeline.repliedMs),
    queuedMs: rounded(attempt.reply?.queuedMs ?? 0),
    kernelMs: rounded(kernelMs),
    slices,
    postings,
    clockErrorMs: rounded(timeline.clockErrorMs),
  };
}
