import autocannon from "autocannon";
import { sleep } from "../../../src/time.ts";
import { processorMs } from "../../driver/processor-time.ts";
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

/** Keeps a search busy with all connections for some seconds. An answer that is not whole is no answer. */
export async function measureRound(target: Target, queries: readonly string[], seconds: number): Promise<Round> {
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
  const result = await autocannon({ url: target.url, connections, duration: seconds, requests });
  return {
    queries: Math.max(0, result["2xx"] - incomplete),
    seconds: result.duration,
    processorMs: (await processorMs(pids)) - beforeMs,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    errors: result.errors + result.non2xx + incomplete,
  };
}

/** When a mirror stops and goes on, from the start, and how often it is searched meanwhile. */
export type Failure = { perSecond: number; stopMs: number; goOnMs: number; endMs: number };

export const failure: Failure = { perSecond: 100, stopMs: 3_000, goOnMs: 9_000, endMs: 12_000 };

/** What callers see who search at a steady rate while one of the processes that hold a copy stands still. */
export async function stopMirror(
  target: Target,
  queries: readonly string[],
  { perSecond, ...times }: Failure = failure,
): Promise<SearchTimes> {
  const { url, path, mirrorPids } = target;
  const pid = mirrorPids[0];
  if (pid === undefined) throw new Error(`${target.name} has no mirror to stop`);
  const bodies = bodiesFor(target, queries);
  return searchSteadily({ url, path, bodies, perSecond }, standStill(pid, times));
}

async function standStill(pid: number, { stopMs, goOnMs, endMs }: Omit<Failure, "perSecond">): Promise<void> {
  await sleep(stopMs);
  process.kill(pid, "SIGSTOP");
  try {
    await sleep(goOnMs - stopMs);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await sleep(endMs - goOnMs);
}

function bodiesFor({ search }: Target, queries: readonly string[]): string[] {
  return queries.map((query) => JSON.stringify({ ...search, query }));
}
