import type { QueryOutcome } from "../runner/recorder.ts";

/** Where queries go, and what they are. */
export type SearchTarget = {
  url: string;
  /** The search endpoint of one index. */
  path: string;
  /** The next query: its body, and whether it may wait behind others. */
  next(): { body: string; batch: boolean };
};

/** How long no answer is waited for, beyond the query's budget. */
export const patienceMs = 5_000;

export type OnOutcome = (outcome: QueryOutcome) => void;

/** Every so many answers one is taken apart. */
export const usualLookCloselyEvery = 16;

export function headersFor(batch: boolean): Record<string, string> {
  return { "content-type": "application/json", ...(batch ? { "x-priority": "batch" } : {}) };
}
