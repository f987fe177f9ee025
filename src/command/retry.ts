import type { Random } from "../time.ts";

/** How one attempt at a request went, as far as trying again is concerned. */
export type Attempt = { kind: "answered"; status: number; retryAfterS: number | undefined } | { kind: "unreachable" };

const waitMsMin = 200;
const waitMsMax = 5_000;
/** A service that wants to be left alone for longer than this is one to give up on for now. */
const retryAfterMsMax = 30_000;
/** Long enough for a cluster to restart; then the caller is told. */
const waitedMsMax = 60_000;

/**
 * How long to wait before the same request is sent again; `undefined`: not at all. Tried again are refusals for now (429,
 * 503), which a repetition cannot harm, and connections that broke. The wait doubles each time, half of it random so that
 * importers do not come back together, and is no shorter than what the service asked for; all waits together take a
 * minute at most.
 */
export function retryDelayMs(
  attempt: Attempt,
  past: { retries: number; waitedMs: number },
  random: Random,
): number | undefined {
  if (attempt.kind === "answered" && attempt.status !== 429 && attempt.status !== 503) return undefined;
  const backoffMs = Math.min(waitMsMin * 2 ** past.retries, waitMsMax);
  const jitteredMs = backoffMs * (0.5 + random.next() / 2);
  const askedMs = attempt.kind === "answered" ? 1000 * (attempt.retryAfterS ?? 0) : 0;
  if (askedMs > retryAfterMsMax) return undefined;
  const delayMs = Math.max(askedMs, jitteredMs);
  return past.waitedMs + delayMs > waitedMsMax ? undefined : delayMs;
}
