import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { silentPort } from "../support/silent-port.ts";
import { listOf } from "../support/word-index.ts";

const documents = Array.from({ length: 200 }, (_, i) => ({ id: `d${i}`, title: `word${i % 5} common` }));
const fields = { title: { type: "text" } };
const query = { query: "common word3", budgetMs: 2000, cache: false };

/** An address that drops what is sent there, prepared by whoever runs this test; else a port of our own. */
const dropped = process.env.TEST_DROPPED_URL;

let port: { url: string; close(): void };
let cluster: TestCluster;

beforeAll(async () => {
  port = dropped === undefined ? await silentPort() : { url: dropped, close: () => undefined };
  cluster = await startCluster({ leaves: 2, elsewhere: [`gone=${port.url}`] });
});

afterAll(async () => {
  await cluster.close();
  port.close();
});

async function create(index: string, replicas: number): Promise<void> {
  const created = await cluster.request("PUT", `/v1/indexes/${index}`, { fields, shards: 6, replicas });
  expect(created.status).toBe(201);
}

describe("a leaf behind a silent drop from the root's start on", () => {
  it("costs nothing where each shard has another replica", async () => {
    await create("double", 2);
    await cluster.load("double", documents);
    for (let i = 0; i < 50; i++) {
      const { status, body } = await cluster.request("POST", "/v1/indexes/double/search", query);
      expect({ status, complete: body.complete, total: body.total }).toEqual({
        status: 200,
        complete: true,
        total: { value: documents.length, exact: true },
      });
    }
  });

  it("is told of where it should hold the only one, and waited for by nobody", async () => {
    await create("single", 1);
    await cluster.request("POST", "/v1/indexes/single/documents", documents);
    const { body: seen } = await cluster.request("GET", "/v1/cluster");
    const shards = listOf(listOf(seen.indexes).find(({ index }) => index === "single")?.shards);
    const expected = shards.map(({ replicas }) => (listOf(replicas)[0]?.leaf === "gone" ? "unavailable" : "complete"));
    expect(new Set(expected).size).toBe(2);
    for (let i = 0; i < 20; i++) {
      const { status, body } = await cluster.request("POST", "/v1/indexes/single/search", query);
      expect({ status, complete: body.complete }).toEqual({ status: 200, complete: false });
      expect(listOf(body.shards).map(({ outcome }) => outcome)).toEqual(expected);
    }
  });
});
