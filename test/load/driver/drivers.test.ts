import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { driveClosedLoop } from "../../../load/driver/closed-loop.ts";
import { driveOpenLoop } from "../../../load/driver/open-loop.ts";
import type { QueryOutcome } from "../../../load/runner/recorder.ts";
import { seededRandom, systemClock } from "../../../src/time.ts";
import { listening } from "../../support/links.ts";
import { virtualTime } from "../../support/virtual-time.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const whole = JSON.stringify({ hits: [], complete: true, coverage: { documents: 1 }, shards: [] });

/** A service that answers whatever it is asked, and knows what that was. */
async function service(): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      bodies.push(body);
      response.end(whole);
    });
  });
  servers.push(server);
  return { url: `http://127.0.0.1:${await listening(server)}`, bodies };
}

function targetAt(url: string) {
  let turn = 0;
  const next = () => ({ body: `{"query":"${turn++}"}`, batch: false });
  return { url, path: "/search", next, sent: () => turn };
}

/** An open loop in virtual time: nothing is answered while that is moved on, as by a service that stalls. */
function openLoop(url: string, { seed, ...plan }: { seed: number; ratePerSecond(atMs: number): number }) {
  // From 0 on: beside a later start the rest of a gap would be rounded away.
  const time = virtualTime(0);
  const target = targetAt(url);
  const outcomes: QueryOutcome[] = [];
  const full = { ...plan, ...time, durationMs, budgetMs: 5_000, random: seededRandom(seed) };
  const ended = driveOpenLoop(target, full, (one) => outcomes.push(one));
  return { time, outcomes, ended, unanswered: () => target.sent() - outcomes.length };
}

const durationMs = 1_500;

describe("the open loop", () => {
  test("does not spare a service that stalls the queries that come meanwhile", async () => {
    const { url } = await service();
    const { time, outcomes, unanswered, ended } = openLoop(url, { seed: 3, ratePerSecond: () => 100 });
    time.advance(1_000);
    // A hundred were due; one that waits for answers would have sent one.
    expect(unanswered()).toBeGreaterThan(70);
    await expect.poll(unanswered).toBe(0);
    // They waited from when they were due, whoever sent them.
    for (const { atMs, latencyMs } of outcomes) expect(latencyMs).toBeCloseTo(1_000 - atMs, 6);
    time.advance(durationMs - 1_000);
    await ended;
    expect(outcomes.every(({ kind, coverage }) => kind === "answered" && coverage === 1)).toBe(true);
  });

  test("follows its rate, and sends every query that it was given once", async () => {
    const { url, bodies } = await service();
    const ratePerSecond = (atMs: number): number => (atMs < 1_000 ? 50 : 400);
    const { time, outcomes, ended } = openLoop(url, { seed: 4, ratePerSecond });
    time.advance(durationMs);
    await ended;
    const before = outcomes.filter(({ atMs }) => atMs < 1_000).length;
    expect(before).toBeGreaterThan(25);
    expect(before).toBeLessThan(80);
    expect(outcomes.length - before).toBeGreaterThan(130);
    expect(new Set(bodies).size).toBe(outcomes.length);
  });

  test("counts queries that nobody answers as failed", async () => {
    const { time, outcomes, ended } = openLoop("http://127.0.0.1:9", { seed: 5, ratePerSecond: () => 10 });
    time.advance(durationMs);
    await ended;
    expect(outcomes.length).toBeGreaterThan(3);
    expect(outcomes.every(({ kind }) => kind === "failed")).toBe(true);
  });
});

describe("the closed loop", () => {
  test("has as many queries under way as connections, each of its own", async () => {
    const { url, bodies } = await service();
    const outcomes: QueryOutcome[] = [];
    const loop = { connections: 4, durationMs: 1_000, clock: systemClock };
    await driveClosedLoop(targetAt(url), loop, (one) => outcomes.push(one));
    expect(outcomes.length).toBeGreaterThan(20);
    expect(outcomes.every(({ kind, coverage, atMs }) => kind === "answered" && coverage === 1 && atMs >= 0)).toBe(true);
    // A connection's first query goes out with every reconnection once more; none else may.
    expect(bodies.length - new Set(bodies).size).toBeLessThanOrEqual(4);
  });
});
