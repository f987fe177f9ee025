import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLeaf, type Leaf } from "../../src/leaf/leaf.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import { type MetricRow, metricTable } from "../../src/telemetry/metric-table.ts";
import { systemClock, systemTimers } from "../../src/time.ts";
import { demoDefinition, demoPlan, fakeReplicas } from "../support/fake-replica.ts";

let leaf: Leaf | undefined;
const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
});
afterEach(() => leaf?.close(0));

async function demoLeaf(queueLimit?: number): Promise<Leaf> {
  leaf = createLeaf({
    name: "leaf-1",
    openReplica: fakeReplicas().open,
    clock: systemClock,
    timers: systemTimers,
    ...(queueLimit === undefined ? {} : { queueLimit }),
    log: { level: "error", stream: { write: (line) => void lines.push(line) } },
  });
  await leaf.replicas.open(demoDefinition, 0);
  const source = Buffer.from(JSON.stringify({ id: "a", title: "fear" }));
  const batch = encodeChanges([{ kind: "put", id: "a", sequence: 3, source }]);
  await leaf.replicas.apply({ index: "demo", incarnation: 7, shard: 0 }, batch, { after: 0, upTo: 3 });
  return leaf;
}

async function post(payload: unknown, path = "/v1/shards/demo/0/search"): Promise<{ status: number; body: unknown }> {
  const { app } = leaf ?? (await demoLeaf());
  const headers = { "content-type": "application/json" };
  const answer = await app.inject({ method: "POST", url: path, headers, payload: JSON.stringify(payload) });
  return { status: answer.statusCode, body: answer.json() };
}

describe("a leaf's plain HTTP", () => {
  it("is live, and ready when its replicas are", async () => {
    const { app } = await demoLeaf();
    expect((await app.inject("/livez")).json()).toEqual({ status: "live" });
    const ready = await app.inject("/readyz");
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: "ready", replicas: 1 }]);
  });

  it("names the replicas that are not ready", async () => {
    let finish = (): void => undefined;
    const fakes = fakeReplicas();
    leaf = createLeaf({
      name: "leaf-1",
      openReplica: (definition, shard) =>
        new Promise((resolve) => {
          finish = () => resolve(fakes.open(definition, shard, []));
        }),
      clock: systemClock,
      timers: systemTimers,
      log: { level: "silent" },
    });
    const opening = leaf.replicas.open(demoDefinition, 1);
    const answer = await leaf.app.inject("/readyz");
    finish();
    await opening;
    expect(answer.statusCode).toBe(503);
    const replicas = [{ index: "demo", incarnation: 7, shard: 1, state: "opening" }];
    expect(answer.json()).toMatchObject({ code: "not_ready", detail: "demo/1 is opening", replicas });
    expect((await leaf.app.inject("/readyz")).statusCode).toBe(200);
  });

  it.each([
    { "content-type": "application/json; charset=latin1" },
    { "content-type": "application/json", "content-encoding": "gzip" },
  ])("refuses a body that would be read as something else: %o", async (headers) => {
    const { app } = await demoLeaf();
    const url = "/v1/shards/demo/0/search";
    const answer = await app.inject({ method: "POST", url, headers, payload: '{"query":"fear"}' });
    expect([answer.statusCode, answer.json().code]).toEqual([415, "unsupported_media_type"]);
    expect((await app.inject({ url: "/livez", headers: { "content-type": "a/b; charset=latin1" } })).statusCode).toBe(
      200,
    );
  });

  it("searches by words with the shard's own statistics, and says so", async () => {
    await demoLeaf();
    expect(await post({ query: "fear of heights", size: 5 })).toMatchObject({
      status: 200,
      body: {
        outcome: "complete",
        statistics: "shard",
        sequence: 3,
        hits: [{ id: "a", score: 1, document: { id: "a", title: "fear" } }],
      },
    });
  });

  it("searches by plan", async () => {
    await demoLeaf();
    expect(await post({ plan: demoPlan() })).toMatchObject({ status: 200, body: { statistics: "plan", total: 1 } });
  });

  it.each([
    ["an unknown field", { query: "a", nope: 1 }, 400, "/nope"],
    ["both plan and query", { query: "a", plan: demoPlan() }, 400, ""],
    ["neither", {}, 400, ""],
    ["a size that is no number", { query: "a", size: "5" }, 400, "/size"],
    ["a size beyond the limit", { query: "a", size: 100_000 }, 400, "/size"],
    ["a budget of nothing", { query: "a", budgetMs: 0 }, 400, "/budgetMs"],
    ["a plan that is none", { plan: { top: 3 } }, 400, "/plan"],
    ["a plan for more hits than size may ask for", { plan: { ...demoPlan(), top: 1001 } }, 400, "/plan/top"],
    ["a plan for other fields", { plan: { ...demoPlan(), fieldBoosts: [1, 1] } }, 400, "/plan"],
    ["a plan for another life of the index", { plan: { ...demoPlan(), incarnation: 3 } }, 404, ""],
    ["a search that falls over", { plan: demoPlan("crash") }, 500, ""],
    ["a list", [], 400, ""],
  ])("answers %s with a problem", async (_name, body, status, path) => {
    await demoLeaf();
    const answer = await post(body);
    expect(answer).toMatchObject({ status, body: { status, code: expect.any(String), title: expect.any(String) } });
    if (path !== "") expect(JSON.stringify(answer.body)).toContain(path);
  });

  it.each([
    ["GET", "/nowhere", 404],
    ["GET", "/v1/shards/demo/0/search", 405],
    ["POST", "/v1/shards/demo/9/search", 404],
    ["POST", "/v1/shards/other/0/search", 404],
    ["POST", "/v1/shards/demo/x/search", 400],
    ["POST", "/v1/shards/demo//search", 400],
    ["POST", "/v1/shards/demo/%20/search", 400],
    ["POST", "/v1/shards/demo/0x0/search", 400],
    ["POST", "/v1/shards/%zz/0/search", 400],
  ] as const)("answers %s %s with a problem of status %d", async (method, url, status) => {
    const { app } = await demoLeaf();
    const sent = method === "POST" ? { payload: { query: "a" } } : {};
    const answer = await app.inject({ method, url, ...sent });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({ traceId: answer.headers["x-trace-id"] });
  });

  it.each([
    ["text/plain", "query", 415],
    ["application/json", "{", 400],
    ["application/json", `{"query":"${"x".repeat(2_000_000)}"}`, 413],
  ])("answers a body of %s that does not fit", async (type, payload, status) => {
    const { app } = await demoLeaf();
    const headers = { "content-type": type };
    const answer = await app.inject({ method: "POST", url: "/v1/shards/demo/0/search", headers, payload });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status });
  });

  it("measures how deep a body nests before it is parsed", async () => {
    const { app } = await demoLeaf();
    const headers = { "content-type": "application/json" };
    const payload = `{"plan":${'{"a":'.repeat(100_000)}`;
    const answer = await app.inject({ method: "POST", url: "/v1/shards/demo/0/search", headers, payload });
    expect([answer.statusCode, answer.json().detail]).toEqual([400, "the body nests deeper than 64 levels"]);
  });

  it.each(["/livez", "/metrics", "/nowhere", "/v1/shards/%zz"])(
    "says of %s whose it is and how long it took",
    async (url) => {
      const { app } = await demoLeaf();
      const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
      const told = await app.inject({ url, headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
      expect(told.headers).toMatchObject({
        "x-trace-id": traceId,
        "server-timing": expect.stringMatching(/^total;dur=[\d.]+$/),
      });
      expect((await app.inject(url)).headers["x-trace-id"]).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  it("logs a search that fell over, with the trace of its plan or else of its request", async () => {
    const { app } = await demoLeaf();
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    await post({ plan: { ...demoPlan("crash"), trace: traceparent } });
    await post({ plan: demoPlan() });
    const payload = { plan: demoPlan("crash") };
    await app.inject({ method: "POST", url: "/v1/shards/demo/0/search", headers: { traceparent }, payload });
    expect(app.log.level).toBe("error");
    const fell = {
      ...{ msg: "search fell over", traceId, index: "demo", shard: 0, code: "crashed" },
      err: { message: "a search fell over", stack: expect.stringContaining("fake-replica") },
    };
    const logged = lines.map((line) => JSON.parse(line));
    expect(logged.filter(({ msg }) => msg !== "request failed")).toMatchObject([fell, fell]);
  });

  it("asks to come again when its queue is full", async () => {
    const { app } = await demoLeaf(0);
    const answer = await app.inject({ method: "POST", url: "/v1/shards/demo/0/search", payload: { query: "a" } });
    expect(answer.statusCode).toBe(429);
    expect(answer.headers["retry-after"]).toBe("1");
  });

  it("shows every metric of the table that is a leaf's, and counts", async () => {
    const { app } = await demoLeaf();
    await post({ query: "fear" });
    await post({ plan: demoPlan("crash") });
    const text = (await app.inject("/metrics")).body;
    for (const [name, row] of Object.entries<MetricRow>(metricTable)) {
      if (row.role !== "root") expect(text, name).toContain(`# TYPE ${name} `);
      else expect(text, name).not.toContain(name);
    }
    expect(text).toContain('hedgerow_leaf_searches_total{outcome="complete"} 1\n');
    expect(text).toContain('hedgerow_leaf_searches_total{outcome="crashed"} 1\n');
    expect(text).toContain('hedgerow_leaf_searches_total{outcome="expired"} 0\n');
    expect(text).toContain('hedgerow_leaf_replica_sequence{index="demo",shard="0"} 3\n');
    expect(text).toContain('hedgerow_leaf_replicas{state="ready"} 1\n');
    expect(text).toContain("nodejs_eventloop_lag_seconds");
    expect(text).toContain("nodejs_gc_duration_seconds");
  });
});
