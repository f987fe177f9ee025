import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { type JsonAnswer, startCluster, type TestCluster } from "../support/cluster.ts";
import { listOf } from "../support/word-index.ts";

const beginnings = 500;
const documents = [
  { id: "other", t: "other", color: "red" },
  ...Array.from({ length: beginnings }, (_, i) => ({ id: `d${i}`, t: `pre${i}`, color: ["red", "blue"][i % 2] })),
];
const fields = { t: { type: "text" }, color: { type: "keyword" } };

async function loaded(flags: string[]): Promise<TestCluster> {
  const cluster = await startCluster({ leaves: 2, flags });
  await cluster.request("PUT", "/v1/indexes/words", { fields, shards: 3, replicas: 1 });
  await cluster.load("words", documents);
  return cluster;
}

function search({ request }: TestCluster, body: object): Promise<JsonAnswer> {
  return request("POST", "/v1/indexes/words/search", { facets: ["color"], size: 7, ...body });
}

function colors({ body: { facets } }: JsonAnswer): Record<string, unknown> {
  return isRecord(facets) && isRecord(facets.color) ? facets.color : {};
}

describe("a prefix that begins many words", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await loaded([]);
  });
  afterAll(() => cluster.close());

  it("finds and counts every one of them", async () => {
    const found = await search(cluster, { query: "pre*" });
    expect(found).toMatchObject({ status: 200, body: { total: { value: beginnings, exact: true } } });
    const half = { count: beginnings / 2, errorMax: 0 };
    expect(colors(found)).toMatchObject({ exact: true, buckets: [half, half] });
  });

  it("excludes every one of them", async () => {
    const left = await search(cluster, { query: "-pre*" });
    expect(left.body).toMatchObject({ hits: [{ id: "other" }], total: { value: 1, exact: true } });
  });

  it("can be walked through to the end, by addresses too", async () => {
    const met = new Set<unknown>();
    let cursor: unknown = "";
    for (let page = 0; cursor !== null && page < 10; page++) {
      const asked = cursor === "" ? "" : `&cursor=${cursor}`;
      const { status, body } = await cluster.request("GET", `/v1/indexes/words/search?q=pre*&size=100${asked}`);
      expect(status).toBe(200);
      for (const { id } of listOf(body.hits)) met.add(id);
      cursor = body.cursor;
    }
    expect(met.size).toBe(beginnings);
  });
});

describe("a prefix that begins more words than a query may have terms", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await loaded(["--terms-max", "100"]);
  });
  afterAll(() => cluster.close());

  it("says that it is cut, on every page", async () => {
    let cursor: unknown;
    for (let page = 0; page < 3; page++) {
      const found = await search(cluster, { query: "pre*", ...(page === 0 ? {} : { cursor }) });
      expect(found).toMatchObject({ status: 200, body: { complete: true, total: { value: 100, exact: false } } });
      const { exact, buckets } = colors(found);
      expect(exact).toBe(false);
      for (const { count, errorMax } of listOf(buckets))
        expect(Number(count) + Number(errorMax)).toBeGreaterThanOrEqual(beginnings / 2);
      cursor = found.body.cursor;
    }
  });

  it("cannot be excluded, and says what helps", async () => {
    const refused = await search(cluster, { query: "other -pre*" });
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid_query", errors: [{ path: "/query" }] } });
    expect(String(refused.body.detail)).toMatch(/write more of the word/);
    const kept = await search(cluster, { query: "-pre4*" });
    expect(kept).toMatchObject({ status: 400 });
    expect((await search(cluster, { query: "-pre49*" })).body).toMatchObject({
      total: { value: beginnings + 1 - 11, exact: true },
    });
  });
});
