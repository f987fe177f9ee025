import { type Dispatcher, Pool } from "undici";
import { LatencyHistogram } from "../../src/policy/histogram.ts";
import type { Clock, Random, Timers } from "../../src/time.ts";
import { readSearchAnswer } from "./answer.ts";
import { headersFor, type OnOutcome, patienceMs, type SearchTarget, usualLookCloselyEvery } from "./search-target.ts";

export type OpenLoopPlan = {
  /** How many queries a second are to leave at an instant of the leg. */
  ratePerSecond(atMs: number): number;
  durationMs: number;
  budgetMs: number;
  random: Random;
  /** Every so many answers one is looked at closely. */
  lookCloselyEvery?: number;
  clock: Clock;
  timers: Timers;
};

/** How late queries left. */
export type OpenLoopResult = { lagMs: LatencyHistogram };

const connectionsMax = 1_024;
/** Timers fire on the millisecond or up to one and a half after it: that much is the driver's grain, not the service's. */
const grainMs = 1.5;

/**
 * Sends queries at random instants (a Poisson process) at a rate that no answer can slow down, and counts each one's
 * latency from the instant that it was meant to leave (Tene, "How not to measure latency", 2015): a service that
 * stalls is not spared the queries that would have come meanwhile. Resolves when every query has ended.
 */
export async function driveOpenLoop(
  target: SearchTarget,
  plan: OpenLoopPlan,
  onOutcome: OnOutcome,
): Promise<OpenLoopResult> {
  const { clock, lookCloselyEvery = usualLookCloselyEvery } = plan;
  const pool = new Pool(target.url, {
    connections: connectionsMax,
    pipelining: 1,
    headersTimeout: plan.budgetMs + patienceMs,
    bodyTimeout: plan.budgetMs + patienceMs,
  });
  const lagMs = new LatencyHistogram();
  const all = Promise.withResolvers<void>();
  const startMs = clock.nowMs();
  let open = 1;
  let sent = 0;
  const leave = (): void => {
    if (--open === 0) all.resolve();
  };
  const send = (dueMs: number): void => {
    open++;
    sent++;
    const sentMs = clock.nowMs() - startMs;
    const lateMs = Math.max(0, sentMs - dueMs);
    lagMs.record(lateMs);
    const fromMs = lateMs <= grainMs ? sentMs : dueMs;
    const closely = sent % lookCloselyEvery === 0;
    exchange(pool, target, (status, body) => {
      const answer = readSearchAnswer(status, body, closely);
      onOutcome({ ...answer, atMs: dueMs, latencyMs: clock.nowMs() - startMs - fromMs });
      leave();
    });
  };
  arrivals(plan, startMs, { send, done: leave });
  await all.promise;
  await pool.destroy();
  return { lagMs };
}

/** Calls `send` at each instant, and `done` after the last. */
function arrivals(
  { ratePerSecond, durationMs, random, clock, timers }: OpenLoopPlan,
  startMs: number,
  { send, done }: { send: (dueMs: number) => void; done: () => void },
): void {
  const gapMs = (atMs: number): number => (-1_000 * Math.log(1 - random.next())) / Math.max(ratePerSecond(atMs), 1e-3);
  let dueMs = gapMs(0);
  const turn = (): void => {
    const nowMs = clock.nowMs() - startMs;
    for (; dueMs <= nowMs && dueMs < durationMs; dueMs += gapMs(dueMs)) send(dueMs);
    if (dueMs < durationMs) timers.after(Math.max(0, dueMs - (clock.nowMs() - startMs)), turn);
    else done();
  };
  turn();
}

const noAnswer = 0;

/** One request; `end` hears its status and body, or status 0 where no answer came. */
function exchange(pool: Pool, target: SearchTarget, end: (status: number, body: string) => void): void {
  const { body, batch } = target.next();
  let status = noAnswer;
  const chunks: Buffer[] = [];
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart() {},
    onResponseStart(_controller, statusCode) {
      status = statusCode;
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      end(status, (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString() ?? "");
    },
    onResponseError() {
      end(noAnswer, "");
    },
  };
  pool.dispatch({ path: target.path, method: "POST", headers: headersFor(batch), body }, handler);
}
