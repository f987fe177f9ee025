import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { ndjson, startCluster, type TestCluster } from "../support/cluster.ts";

const documents = 300;
const generations = 5;
const searchers = 6;
const aliases = ["current", "also"];
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 3, zones: 1, flags: ["--shards", "3", "--replicas", "2"] });
});
afterAll(() => cluster.close());

/** Creates the index of a generation and fills it: each of its documents says which it is. */
async function build(generation: number): Promise<string> {
  const index = `books-${generation}`;
  const fields = { title: { type: "text" }, generation: { type: "number" } };
  // Other numbers of shards, so that an answer made of two of them could not look whole.
  const settings = { fields, shards: 2 + (generation % 3), replicas: 2 };
  expect((await cluster.request("PUT", `/v1/indexes/${index}`, settings)).status).toBe(201);
  for (let part = 0; part < 3; part++) {
    const lines = Array.from({ length: documents / 3 }, (_, i) => {
      return JSON.stringify({ id: `${part}-${i}`, title: `common word${i % 7}`, generation });
    });
    await cluster.request("POST", `/v1/indexes/${index}/documents`, ndjson(lines.join("\n")));
  }
  const head = await cluster.request("PUT", `/v1/indexes/${index}/documents/0-0`, {
    title: "common word0",
    generation,
  });
  const whole = { after: head.body.token, size: 0, budgetMs: 20_000 };
  expect(await cluster.request("POST", `/v1/indexes/${index}/search`, whole)).toMatchObject({
    status: 200,
    body: { complete: true, total: { value: documents, exact: true } },
  });
  return index;
}

type Seen = {
  alias: string;
  status: number;
  complete: unknown;
  total: unknown;
  generations: Set<unknown>;
  standing: number;
};

describe("an alias", () => {
  it("goes from index to index while it is searched, with no failed and no mixed answer", async () => {
    let standing = 1;
    const set = (index: string): object => ({ set: Object.fromEntries(aliases.map((alias) => [alias, index])) });
    let last = await build(standing);
    expect((await cluster.request("POST", "/v1/aliases", set(last))).status).toBe(200);
    let over = false;
    const seen: Seen[] = [];
    const search = async (place: number): Promise<void> => {
      for (let turn = place; !over; turn++) {
        const alias = aliases[turn % aliases.length] ?? "";
        const before = standing;
        const query = { query: "common", size: 50, budgetMs: 10_000, cache: turn % 3 === 0, facets: ["generation"] };
        const path = `/v1/indexes/${alias}/search`;
        const { status, body } = await cluster.request("POST", path, turn % 3 === 0 ? query : { ...query, facets: [] });
        const hits = Array.isArray(body.hits) ? body.hits.filter(isRecord) : [];
        const found = new Set(hits.map(({ document }) => (isRecord(document) ? document.generation : undefined)));
        seen.push({ alias, status, complete: body.complete, total: body.total, generations: found, standing: before });
      }
    };
    const searching = Array.from({ length: searchers }, (_, place) => search(place));
    for (let generation = 2; generation <= generations; generation++) {
      const next = await build(generation);
      const switched = await cluster.request("POST", "/v1/aliases", set(next));
      expect(switched).toMatchObject({ status: 200, body: { aliases: { current: next, also: next } } });
      standing = generation;
      expect((await cluster.request("DELETE", `/v1/indexes/${last}`)).status).toBe(200);
      last = next;
    }
    over = true;
    await Promise.all(searching);
    expect(seen.length).toBeGreaterThan(generations * searchers);
    const whole = { status: 200, complete: true, total: { value: documents, exact: true } };
    for (const { standing: before, generations: found, alias, ...answer } of seen) {
      expect(answer).toEqual(whole);
      expect([alias, found.size]).toEqual([alias, 1]);
      // Whoever asks after a switch was acknowledged sees the new index, or one that came after it.
      expect(Number([...found][0])).toBeGreaterThanOrEqual(before);
    }
    expect((await cluster.request("GET", "/v1/indexes")).body).toMatchObject({ indexes: [{ index: last }] });
  });

  it("goes with its index, and a write through it reaches the index behind it", async () => {
    const written = await cluster.request("PUT", "/v1/indexes/current/documents/new", { title: "rare", generation: 5 });
    expect(written.status).toBe(201);
    const query = { query: "rare", after: written.body.token, budgetMs: 10_000, typos: 0 };
    const found = await cluster.request("POST", `/v1/indexes/books-${generations}/search`, query);
    expect(found.body.total).toEqual({ value: 1, exact: true });
    const name = `books-${generations}`;
    const dropped = await cluster.request("DELETE", `/v1/indexes/${name}`);
    expect(dropped.body).toEqual({ index: name, dropped: true, aliases: ["also", "current"] });
    expect((await cluster.request("POST", "/v1/indexes/current/search", { query: "rare" })).status).toBe(404);
    expect((await cluster.request("GET", "/v1/indexes")).body.aliases).toEqual({});
  });
});
