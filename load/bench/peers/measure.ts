import autocannon from "autocannon";
import { processorMs } from "../../driver/processor-time.ts";
import { sleepUnlessStopped } from "../../driver/unless-stopped.ts";
import { type SearchTimes, searchSteadily } from "../search-stream.ts";
import { withChildren } from "./processes.ts";
import type { Target } from "./target.ts";

export const connections = 16;

/** What came of some seconds at the limit. */
export type Round = {
  queries: number;
  seconds: number;
  processorMs: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
};

/**
 * Keeps a search busy with all connections for some seconds. An answer that is not whole is no answer. Rejects with the
 * signal's reason, within a second or so, where that is raised before the end: half a round says nothing.
 */
export async function measureRound(
  target: Target,
  queries: readonly string[],
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<Round> {
  signal.throwIfAborted();
  const pids = await withChildren(target.pids);
  const beforeMs = await processorMs(pids);
  const headers = { "content-type": "application/json" };
  let incomplete = 0;
  const requests = bodiesFor(target, queries).map(
    (body): autocannon.Request => ({
      method: "POST",
      path: target.path,
      headers,
      body,
      onResponse(status, text) {
        if (status === 200 && !text.includes('"complete":true')) incomplete++;
      },
    }),
  );
  const result = await fired({ url: target.url, connections, duration: seconds, requests }, signal);
  return {
    queries: Math.max(0, result["2xx"] - incomplete),
    seconds: result.duration,
    processorMs: (await processorMs(pids)) - beforeMs,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    errors: result.errors + result.non2xx + incomplete,
  };
}

async function fired(options: autocannon.Options, signal: AbortSignal): Promise<autocannon.Result> {
  const { promise: ended, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const running = autocannon(options, (error, result) => {
    if (error === null || error === undefined) resolve(result);
    else reject(error);
  });
  const stop = (): void => running.stop();
  signal.addEventListener("abort", stop);
  try {
    const result = await ended;
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** When a mirror stops and goes on, from the start, and how often it is searched meanwhile. */
export type Failure = { perSecond: number; stopMs: number; goOnMs: number; endMs: number };

export const failure: Failure = { perSecond: 100, stopMs: 3_000, goOnMs: 9_000, endMs: 12_000 };

/**
 * What callers see who search at a steady rate while one of the processes that hold a copy stands still. Rejects with the
 * signal's reason where that is raised before the end; the process goes on then, too.
 */
export async function stopMirror(
  target: Target,
  queries: readonly string[],
  { perSecond, signal, ...times }: Failure & { signal: AbortSignal },
): Promise<SearchTimes> {
  const { url, path, mirrorPids } = target;
  const pid = mirrorPids[0];
  if (pid === undefined) throw new Error(`${target.name} has no mirror to stop`);
  const bodies = bodiesFor(target, queries);
  return searchSteadily({ url, path, bodies, perSecond }, standStill(pid, times, signal));
}

type StandStill = Omit<Failure, "perSecond">;

async function standStill(pid: number, { stopMs, goOnMs, endMs }: StandStill, signal: AbortSignal): Promise<void> {
  await sleepUnlessStopped(stopMs, signal);
  process.kill(pid, "SIGSTOP");
  try {
    await sleepUnlessStopped(goOnMs - stopMs, signal);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await sleepUnlessStopped(endMs - goOnMs, signal);
}

function bodiesFor({ search }: Target, queries: readonly string[]): string[] {
  return queries.map((query) => JSON.stringify({ ...search, query }));
}
