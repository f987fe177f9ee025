import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { wordDocuments } from "../support/word-index.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster({ leaves: 2 });
});
afterAll(() => cluster.close());

it("a write that cannot be found in time is waited for with all of the budget but what a search needs", async () => {
  const fields = { title: { type: "text" }, body: { type: "text" } };
  await cluster.request("PUT", "/v1/indexes/halved", { fields, shards: 4, replicas: 1 });
  const first = await cluster.request("PUT", "/v1/indexes/halved/documents/first", { title: "rare" });
  const found = await cluster.request("POST", "/v1/indexes/halved/search", {
    query: "rare",
    after: first.body.token,
    budgetMs: 20_000,
  });
  expect(found.body).toMatchObject({ afterReached: true, hits: [{ id: "first" }] });
  expect((await cluster.request("POST", "/v1/indexes/halved/search", {})).body).not.toHaveProperty("afterReached");
  await cluster.stopLeaf(0);
  const written = await cluster.request("POST", "/v1/indexes/halved/documents", wordDocuments);
  const asked = { query: "common", after: written.body.token, budgetMs: 2_000 };
  const { status, body } = await cluster.request("POST", "/v1/indexes/halved/search", asked);
  expect(status).toBe(200);
  expect([body.complete, body.afterReached]).toEqual([false, false]);
  expect(isRecord(body.timing) && Number(body.timing.tookMs)).toBeGreaterThanOrEqual(1_800);
});

it("a caller who goes while a write is waited for is waited for no longer", async () => {
  const fields = { title: { type: "text" } };
  await cluster.request("PUT", "/v1/indexes/left", { fields, shards: 1, replicas: 1 });
  const body = JSON.stringify({ after: String(Number.MAX_SAFE_INTEGER), budgetMs: 60_000 });
  const headers = { "content-type": "application/json" };
  const leaving = new AbortController();
  const search = fetch(`${cluster.url}/v1/indexes/left/search`, {
    ...{ method: "POST", headers, body },
    signal: leaving.signal,
  });
  const ended = async (end: string): Promise<number> => {
    const metrics = await (await fetch(`${cluster.url}/metrics`)).text();
    return Number(new RegExp(`searches_total\\{end="${end}"\\} (\\d+)`).exec(metrics)?.[1]);
  };
  const before = await ended("abandoned");
  leaving.abort();
  await expect(search).rejects.toThrow("abort");
  await vi.waitFor(async () => expect(await ended("abandoned")).toBe(before + 1), { timeout: 20_000, interval: 100 });
});
