import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { systemClock } from "../../src/time.ts";
import { askAtOnce, type StreamAnswer } from "../support/stream.ts";
import { eventually, startUp, type UpCluster } from "../support/up.ts";
import { allReady, leafPids, listOf, loadWords, shardMap, wordQuery } from "../support/word-index.ts";
import { watchIdleTimers } from "./idle-timers.ts";

const callers = 4;
const phaseMs = 4_000;
const rounds = 3;

let cluster: UpCluster;

beforeAll(async () => {
  cluster = await startUp(["--no-demo", "--leaves", "4", "--shards", "4", "--replicas", "2", "--zones", "1"]);
  await loadWords(cluster);
  await streamFor(phaseMs);
});

afterAll(async () => {
  expect(await cluster.stop()).toBe(0);
});

function streamFor(lengthMs: number, body: object = wordQuery): Promise<StreamAnswer[]> {
  const untilMs = systemClock.nowMs() + lengthMs;
  const ask = (): ReturnType<UpCluster["request"]> => cluster.request("POST", "/v1/indexes/demo/search", body);
  return askAtOnce(callers, ask, () => systemClock.nowMs() >= untilMs);
}

async function signal(leaves: readonly string[], name: "SIGSTOP" | "SIGCONT"): Promise<void> {
  for (const pid of await leafPids(cluster, leaves)) process.kill(pid, name);
}

function insideMs({ body }: StreamAnswer): number {
  return isRecord(body.timing) ? Number(body.timing.tookMs) : Number.NaN;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function expectWhole(answers: readonly StreamAnswer[]): void {
  expect(answers.length).toBeGreaterThan(100);
  const bad = answers.filter(({ status, body }) => status !== 200 || body.complete !== true);
  expect(bad.map(({ status, body }) => ({ status, shards: body.shards, timing: body.timing }))).toEqual([]);
}

describe("one replica of each of two shards hangs", () => {
  it("costs no query, and after one second no more than three times the healthy p99", async () => {
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const healthy = await streamFor(phaseMs);
      await signal(["leaf-2"], "SIGSTOP");
      const first = await streamFor(1_000);
      const hung = await streamFor(phaseMs).finally(() => signal(["leaf-2"], "SIGCONT"));
      for (const phase of [healthy, first, hung]) expectWhole(phase);
      const [before, after] = [healthy, hung].map((phase) => quantile(phase.map(insideMs), 0.99));
      ratios.push((after ?? 0) / (before ?? 1));
      console.info(`p99 healthy ${before?.toFixed(2)} ms, hung ${after?.toFixed(2)} ms, ${hung.length} queries`);
      await allReady(cluster);
      await streamFor(1_000);
    }
    expect(median(ratios)).toBeLessThanOrEqual(3);
  });
});

describe("all replicas of a shard hang", () => {
  it("answers a budget of 100 ms by 105, tells the truth, and has the shard back within 5 s", async () => {
    const before = await shardMap(cluster);
    const held = before[0]?.leaves ?? [];
    const lost = before.map(({ leaves }) => leaves.every((leaf) => held.includes(leaf)));
    const idle = watchIdleTimers();
    await signal(held, "SIGSTOP");
    const answers = await streamFor(phaseMs, { ...wordQuery, budgetMs: 100 });
    await signal(held, "SIGCONT");
    const machineMs = quantile(await idle.latenessMs(), 0.99);
    const continuedMs = systemClock.nowMs();
    await eventually(
      "all shards answer again",
      async () => (await cluster.request("POST", "/v1/indexes/demo/search", wordQuery)).body.complete === true,
      5_000,
    );
    const backMs = systemClock.nowMs() - continuedMs;
    const all = before.reduce((sum, { documents }) => sum + documents, 0);
    let needless = 0;
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      const missing = listOf(body.shards).map(({ outcome }) => outcome !== "complete");
      const found = before.reduce((sum, { documents }, shard) => sum + (missing[shard] === true ? 0 : documents), 0);
      expect(body).toMatchObject({ complete: false, coverage: { documents: found / all } });
      expect(missing.filter((is, shard) => lost[shard] === true && !is)).toEqual([]);
      if (missing.some((is, shard) => is && lost[shard] !== true)) needless++;
    }
    console.info(`${needless} of ${answers.length} answers lacked a shard that had a replica left`);
    expect(needless / answers.length).toBeLessThanOrEqual(0.01);
    const inside = answers.map(insideMs);
    const outside = answers.map(({ outsideMs }) => outsideMs);
    const figures = { inside, outside };
    for (const [where, times] of Object.entries(figures)) {
      const shown = [0.5, 0.99, 1].map((q) => quantile(times, q).toFixed(2)).join(" / ");
      console.info(`${where}: p50 / p99 / most ${shown} ms of ${times.length}`);
    }
    console.info(`back after ${backMs.toFixed(0)} ms`);
    console.info(`an idle process's timers fire up to ${machineMs.toFixed(2)} ms late here (p99)`);
    // The root is woken once by its deadline, and its caller once more by the answer. Each waking may be late by what
    // an idle process was late by at the same time, beyond the two milliseconds that Node's timers take anywhere.
    const wakingMs = Math.max(0, machineMs - 2);
    expect(quantile(inside, 0.99)).toBeLessThanOrEqual(105 + wakingMs);
    expect(quantile(outside, 0.99)).toBeLessThanOrEqual(105 + 2 * wakingMs);
  });
});
