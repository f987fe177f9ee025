import { deepTop, type Plan } from "../protocol/plan.ts";

/** What is kept of a search's budget, in milliseconds. */
export type AnswerReserves = {
  /** For answering. */
  replyReserveMs: number;
  /** For each hit that may have to be put in order or written. */
  hitReserveMs: number;
  /** Where hits are told of in detail: for the answer, and for each letter that the details have come to by then. */
  detailReserveMs: number;
  letterReserveMs: number;
};

/** When a search scans no further, and when it is answered with what there is. */
export type AnswerSchedule = { stopMs: number; endMs: number; detailsKeptMsMax: number };

/** What a document costs that is cut down to some fields, in hits. */
const projectedHits = 20;

/** The schedule of a search that begins at `nowMs` and has to be answered by `endMs`, its hits' details apart. */
export function answerSchedule(
  plan: Plan,
  { nowMs, endMs }: { nowMs: number; endMs: number },
  reserves: AnswerReserves,
): AnswerSchedule {
  const leftMs = endMs - nowMs;
  const { closingMs, writingMs } = closing(plan, reserves, leftMs);
  const answerMs = endMs - writingMs;
  return { stopMs: answerMs - closingMs, endMs: answerMs, detailsKeptMsMax: leftMs / 2 };
}

/**
 * When a search is answered that works out details, which weigh `letters` by now: the longer they are, the longer it
 * takes to write them, and the root to read and to write them again. `letters` is undefined as long as it does not.
 */
export function answerByMs(
  { endMs, detailsKeptMsMax }: AnswerSchedule,
  letters: number | undefined,
  { detailReserveMs, letterReserveMs }: AnswerReserves,
): number {
  return letters === undefined
    ? endMs
    : endMs - Math.min(detailReserveMs + letters * letterReserveMs, detailsKeptMsMax);
}

/**
 * What is kept of the time that is left for the hits that there may be: to put them in order and cut their documents
 * down, which can be paused, and to write them. Each thing that they are sorted by costs as much as the score.
 */
function closing(
  { top, sort = [], returned = [] }: Plan,
  { hitReserveMs }: AnswerReserves,
  leftMs: number,
): { closingMs: number; writingMs: number } {
  const hitMs = hitReserveMs * (1 + sort.length);
  const collectingMs = 2 * hitMs + (returned.length > 0 ? projectedHits * hitReserveMs : 0);
  return {
    closingMs: top < deepTop ? 0 : Math.min(top * collectingMs, leftMs / 2),
    writingMs: Math.min(top * hitMs, leftMs / 4),
  };
}
