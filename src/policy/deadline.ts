import type { DeadlineSettings } from "./settings.ts";

/** What of a query's budget is kept back for merging the answers and sending the result. */
function mergeReserveMs(budgetMs: number, settings: DeadlineSettings): number {
  const reserve = budgetMs * settings.mergeReserveShare;
  const bounded = Math.min(settings.mergeReserveMsMax, Math.max(settings.mergeReserveMsMin, reserve));
  return Math.min(bounded, budgetMs / 2);
}

/** The instant after which no reply is waited for: the answer's deadline less the merge's reserve. */
export function gatherDeadlineMs(startedMs: number, deadlineMs: number, settings: DeadlineSettings): number {
  return deadlineMs - mergeReserveMs(Math.max(0, deadlineMs - startedMs), settings);
}

/**
 * What an attempt is told it has, counted from its arrival: the time until the root stops waiting, less one round trip
 * to that leaf (the way there and the way back). Zero or less: sending it is pointless.
 */
export function attemptBudgetMs(nowMs: number, gatherDeadline: number, rttMs: number): number {
  return gatherDeadline - nowMs - rttMs;
}
