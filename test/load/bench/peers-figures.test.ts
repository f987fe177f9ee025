import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { createEndpoint } from "../../../load/bench/peers/endpoint.ts";
import { connections, measureRound, stopMirror } from "../../../load/bench/peers/measure.ts";
import { memoryBytes, withChildren } from "../../../load/bench/peers/processes.ts";
import { joined, peersTable } from "../../../load/bench/peers/report.ts";
import type { Target } from "../../../load/bench/peers/target.ts";
import { describeMachine } from "../../../load/report/machine.ts";
import { sleep } from "../../../src/time.ts";

const nobodyStops = new AbortController().signal;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A search that answers whatever is asked, and a process that only sleeps in the part of its mirror. */
async function target(complete: () => boolean): Promise<Target & { asked: Set<string> }> {
  const asked = new Set<string>();
  const app = createEndpoint({
    name: "any",
    pids: [],
    mirrorPids: [],
    search: (query) => {
      asked.add(query);
      return { hits: [], complete: complete() };
    },
    stop: async () => undefined,
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  cleanUps.push(() => app.close());
  const mirror = spawn("sleep", ["100"]);
  cleanUps.push(() => mirror.kill("SIGKILL"));
  const own = { name: "any", url, path: "/search", search: {}, indexMs: 1, stop: async () => undefined };
  return { ...own, pids: [process.pid], mirrorPids: [mirror.pid ?? 0], asked };
}

test("a round asks every query and counts what was answered, and the processor time it took", async () => {
  const any = await target(() => true);
  const round = await measureRound(any, ["one", "two", "three"], { seconds: 1, signal: nobodyStops });
  expect(any.asked).toEqual(new Set(["one", "two", "three"]));
  expect(round.queries).toBeGreaterThan(10);
  expect(round.processorMs).toBeGreaterThan(0);
  expect(round.errors).toBe(0);
});

test("an answer that is not whole counts as a failure, not as a query", async () => {
  const any = await target(() => false);
  const { queries, errors } = await measureRound(any, ["one"], { seconds: 1, signal: nobodyStops });
  // Those that are under way at the end are answered, and counted by nobody.
  expect(queries).toBeLessThanOrEqual(connections);
  expect(errors).toBeGreaterThan(connections);
});

test("the mirror stands still for a while, and answers without it count as incomplete", async () => {
  let isWhole = true;
  const answered = { whole: 0, without: 0 };
  const any = await target(() => {
    answered[isWhole ? "whole" : "without"]++;
    return isWhole;
  });
  const [pid = 0] = any.mirrorPids;
  const states = new Set<string>();
  const times = { perSecond: 100, stopMs: 500, goOnMs: 1_500, endMs: 2_000, signal: nobodyStops };
  const watching = stopMirror(any, ["one"], times).finally(() => states.add("over"));
  while (!states.has("over")) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    states.add(stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "");
    isWhole = !stat.includes(") T ");
    await Promise.race([watching, sleep(5)]);
  }
  const { searches, incomplete } = await watching;
  expect(states).toContain("T");
  expect((await readFile(`/proc/${pid}/stat`, "utf8")).includes(") T ")).toBe(false);
  expect(answered.whole).toBeGreaterThan(0);
  expect(answered.without).toBeGreaterThan(0);
  expect({ searches, incomplete }).toEqual({
    searches: answered.whole + answered.without,
    incomplete: answered.without,
  });
});

/** Minutes more than any test has: only one that is stopped ends. */
const endlessS = 600;

test("a round that is told to stop gives no figures, and neither does one that would begin after that", async () => {
  const any = await target(() => true);
  const stopping = new AbortController();
  const round = { seconds: endlessS, signal: stopping.signal };
  const measuring = measureRound(any, ["one"], round);
  while (any.asked.size === 0) await sleep(5);
  stopping.abort(new Error("stopped by SIGTERM"));
  await expect(measuring).rejects.toThrow("stopped by SIGTERM");
  any.asked.clear();
  await expect(measureRound(any, ["one"], round)).rejects.toThrow("stopped by SIGTERM");
  expect(any.asked.size).toBe(0);
});

test("a mirror goes on where the bench is told to stop while it stands still", async () => {
  const any = await target(() => true);
  const stopping = new AbortController();
  const times = { stopMs: 1, goOnMs: 1000 * endlessS, endMs: 2000 * endlessS };
  const watching = stopMirror(any, ["one"], { ...times, perSecond: 100, signal: stopping.signal });
  watching.catch(() => undefined);
  const stands = async () => (await readFile(`/proc/${any.mirrorPids[0]}/stat`, "utf8")).includes(") T ");
  while (!(await stands())) await sleep(5);
  stopping.abort(new Error("stopped by SIGTERM"));
  await expect(watching).rejects.toThrow("stopped by SIGTERM");
  while (await stands()) await sleep(5);
});

test("a process's children and their memory belong to it", async () => {
  const shell = spawn("sh", ["-c", "sleep 100 & echo there; wait"]);
  cleanUps.push(async () => {
    for (const pid of await withChildren([shell.pid ?? 0])) process.kill(pid, "SIGKILL");
  });
  await once(shell.stdout, "data");
  const pids = await withChildren([shell.pid ?? 0, shell.pid ?? 0]);
  expect(pids).toHaveLength(2);
  expect(await memoryBytes(pids)).toBeGreaterThan(10_000);
  expect(await memoryBytes([process.pid])).toBeGreaterThan(20e6);
});

test("rounds are joined by what they did, not by their number", () => {
  const round = { seconds: 1, processorMs: 10, p50Ms: 1, p99Ms: 2, errors: 0 };
  const figures = joined([
    { ...round, queries: 100 },
    { ...round, queries: 900, seconds: 4, errors: 1, p99Ms: 4 },
  ]);
  expect(figures).toEqual({ queriesPerSecond: 200, processorMsPerQuery: 0.02, p50Ms: 1, p99Ms: 3, errors: 1 });
});

test("the table names what did not run", () => {
  const figures = joined([{ queries: 1234, seconds: 1, processorMs: 10, p50Ms: 1, p99Ms: 2, errors: 0 }]);
  const rows = [{ name: "Ours", ...figures, ndcg10: undefined, memoryBytes: 2e6, indexMs: 1_500 }];
  const failures = [{ name: "Ours", searches: 1200, incomplete: 3, p50Ms: 1, p99Ms: 2, maxMs: 30 }];
  const table = peersTable({ machine: describeMachine(), rows, failures, missing: ["Theirs: not installed"] });
  expect(table).toContain("| Ours | 1,234 | 1.0 | 2.0 | 0.01 |  | 2 | 1.5 | 0 |");
  expect(table).toContain("| Ours | 1200 | 1.0 | 2.0 | 30 | 3 |");
  expect(table).toContain("NOT RUN: Theirs: not installed");
});
