import { afterAll, beforeAll, expect, it } from "vitest";
import { isRecord, startCluster, type TestCluster } from "../support/cluster.ts";
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
