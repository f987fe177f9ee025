import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { driveClosedLoop } from "../../../load/driver/closed-loop.ts";
import { driveOpenLoop } from "../../../load/driver/open-loop.ts";
import type { QueryOutcome } from "../../../load/runner/recorder.ts";
import { seededRandom, systemClock, systemTimers } from "../../../src/time.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const whole = JSON.stringify({ hits: [], complete: true, coverage: { documents: 1 }, shards: [] });

/** A service that answers nothing between two instants, counted from its first query, and then everything at once. */
async function stallingService(stall: { fromMs: number; untilMs: number }): Promise<{ url: string; bodies: string[] }> {
  let startMs: number | undefined;
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      bodies.push(body);
      startMs ??= systemClock.nowMs();
      const atMs = systemClock.nowMs() - startMs;
      const waitMs = atMs >= stall.fromMs && atMs < stall.untilMs ? stall.untilMs - atMs : 0;
      systemTimers.after(waitMs, () => response.end(whole));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the service listens on no port");
  return { url: `http://127.0.0.1:${address.port}`, bodies };
}

function targetAt(url: string) {
  let turn = 0;
  return { url, path: "/search", next: () => ({ body: `{"query":"${turn++}"}`, batch: false }) };
}

function medianMs(outcomes: readonly QueryOutcome[]): number {
  const sorted = outcomes.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

const plan = { durationMs: 1_500, budgetMs: 5_000, clock: systemClock, timers: systemTimers };

describe("the open loop", () => {
  test("does not spare a service that stalls the queries that come meanwhile", async () => {
    const { url } = await stallingService({ fromMs: 500, untilMs: 1_000 });
    const outcomes: QueryOutcome[] = [];
    const random = seededRandom(3);
    await driveOpenLoop(targetAt(url), { ...plan, ratePerSecond: () => 100, random }, (one) => outcomes.push(one));
    const during = outcomes.filter(({ atMs }) => atMs >= 520 && atMs < 980);
    // Forty-six are due while it stalls; one that waits for answers would have sent one.
    expect(during.length).toBeGreaterThan(25);
    // They wait a quarter of a second on average, whoever sends them.
    expect(medianMs(during)).toBeGreaterThan(120);
    expect(outcomes.every(({ kind, coverage }) => kind === "answered" && coverage === 1)).toBe(true);
  });

  test("follows its rate, and sends every query that it was given once", async () => {
    const { url, bodies } = await stallingService({ fromMs: 0, untilMs: 0 });
    const outcomes: QueryOutcome[] = [];
    const ratePerSecond = (atMs: number): number => (atMs < 1_000 ? 50 : 400);
    await driveOpenLoop(targetAt(url), { ...plan, ratePerSecond, random: seededRandom(4) }, (one) =>
      outcomes.push(one),
    );
    const before = outcomes.filter(({ atMs }) => atMs < 1_000).length;
    expect(before).toBeGreaterThan(25);
    expect(before).toBeLessThan(80);
    expect(outcomes.length - before).toBeGreaterThan(130);
    expect(new Set(bodies).size).toBe(outcomes.length);
  });

  test("counts queries that nobody answers as failed", async () => {
    const outcomes: QueryOutcome[] = [];
    const random = seededRandom(5);
    const nowhere = targetAt("http://127.0.0.1:9");
    await driveOpenLoop(nowhere, { ...plan, durationMs: 300, ratePerSecond: () => 50, random }, (one) =>
      outcomes.push(one),
    );
    expect(outcomes.length).toBeGreaterThan(3);
    expect(outcomes.every(({ kind }) => kind === "failed")).toBe(true);
  });
});

describe("the closed loop", () => {
  test("has as many queries under way as connections, each of its own", async () => {
    const { url, bodies } = await stallingService({ fromMs: 0, untilMs: 0 });
    const outcomes: QueryOutcome[] = [];
    const loop = { connections: 4, durationMs: 1_000, clock: systemClock };
    await driveClosedLoop(targetAt(url), loop, (one) => outcomes.push(one));
    expect(outcomes.length).toBeGreaterThan(20);
    expect(outcomes.every(({ kind, coverage, atMs }) => kind === "answered" && coverage === 1 && atMs >= 0)).toBe(true);
    // A connection's first query goes out with every reconnection once more; none else may.
    expect(bodies.length - new Set(bodies).size).toBeLessThanOrEqual(4);
  });
});
