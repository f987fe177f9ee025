import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askAtOnce } from "../support/stream.ts";
import { eventually, startUp, type UpCluster } from "../support/up.ts";
import { leafPids } from "../support/word-index.ts";

const documents = Array.from({ length: 400 }, (_, i) => ({
  id: `d${String(i).padStart(4, "0")}`,
  title: `word${i % 7} common`,
  body: `text${i % 13} number ${i}`,
}));
const query = { query: "common word3 text5", size: 20, budgetMs: 2000, cache: false };

let cluster: UpCluster;

beforeAll(async () => {
  cluster = await startUp(["--no-demo", "--leaves", "3", "--shards", "3", "--replicas", "2", "--zones", "1"]);
  const fields = { title: { type: "text" }, body: { type: "text" } };
  await cluster.request("PUT", "/v1/indexes/demo", { fields });
  const written = await cluster.request("POST", "/v1/indexes/demo/documents", documents);
  expect(written).toMatchObject({ status: 200, body: { accepted: documents.length, rejected: [] } });
  const found = await cluster.request("POST", "/v1/indexes/demo/search", {
    after: written.body.token,
    budgetMs: 20_000,
  });
  expect(found.body.total).toEqual({ value: documents.length, exact: true });
});

afterAll(async () => {
  expect(await cluster.stop()).toBe(0);
});

function allServe(): Promise<void> {
  return eventually("the killed leaf serves again", async () => {
    const { body } = await cluster.request("GET", "/v1/cluster");
    return !JSON.stringify(body).includes("unreachable") && !JSON.stringify(body).includes("catching-up");
  });
}

describe("a leaf killed while queries run", () => {
  it("costs no query: each is answered in full by the siblings, with the same hits", async () => {
    const before = await cluster.request("POST", "/v1/indexes/demo/search", query);
    expect(before.body).toMatchObject({ complete: true, coverage: { documents: 1 } });
    const victim = (await cluster.processes()).find(({ name }) => name === "leaf-2");
    expect(victim).toBeDefined();
    const answers: unknown[] = [];
    for (let i = 0; i < 300; i++) {
      if (i === 50 && victim !== undefined) process.kill(victim.pid, "SIGKILL");
      const { status, body } = await cluster.request("POST", "/v1/indexes/demo/search", query);
      answers.push({ status, complete: body.complete, hits: body.hits, total: body.total });
    }
    const expected = { status: 200, complete: true, hits: before.body.hits, total: before.body.total };
    for (const answer of answers) expect(answer).toEqual(expected);
  });

  it("costs none of many that run at once either", async () => {
    await allServe();
    const [victim] = await leafPids(cluster, ["leaf-3"]);
    expect(victim).toBeDefined();
    let killed = false;
    const ask = (count: number): ReturnType<UpCluster["request"]> => {
      if (count >= 200 && !killed && victim !== undefined) {
        killed = true;
        process.kill(victim, "SIGKILL");
      }
      return cluster.request("POST", "/v1/indexes/demo/search", query);
    };
    const answers = await askAtOnce(8, ask, (answered) => answered >= 800);
    const failed = answers.filter(({ status, body }) => status !== 200 || body.complete !== true);
    expect(failed.map(({ status, body }) => ({ status, code: body.code, shards: body.shards }))).toEqual([]);
  });

  it("brings the leaf back by itself, with everything it held", async () => {
    await allServe();
    expect((await cluster.request("GET", "/readyz")).status).toBe(200);
  });

  it("answers with the truth when a shard has no replica left", async () => {
    const victims = (await cluster.processes()).filter(({ name }) => name === "leaf-1" || name === "leaf-3");
    for (const { pid } of victims) process.kill(pid, "SIGSTOP");
    const { status, body } = await cluster.request("POST", "/v1/indexes/demo/search", { ...query, budgetMs: 800 });
    for (const { pid } of victims) process.kill(pid, "SIGCONT");
    const lost = JSON.stringify(body.shards).split('"outcome":"late"').length - 1;
    expect(status).toBe(200);
    expect(lost).toBeGreaterThan(0);
    expect(body).toMatchObject({ complete: false, coverage: { shards: { total: 3, missing: lost } } });
    await eventually("all shards answer again", async () => {
      const again = await cluster.request("POST", "/v1/indexes/demo/search", query);
      return again.body.complete === true;
    });
  });
});
