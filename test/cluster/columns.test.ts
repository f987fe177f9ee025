import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import {
  type ColumnDocument,
  type ColumnName,
  columnTypes,
  columnValues,
  filters,
  instants,
  sorts,
} from "../support/column-documents.ts";
import { countValues, inOrder, passes, rankCounts, sortValue } from "../support/column-oracle.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 3 });
});

afterAll(() => cluster.close());

const layouts = [1, 3, 8];
const names = Object.keys(columnTypes).filter((name): name is ColumnName => name in columnTypes);

type Document = { id: string; title: string } & ColumnDocument;
const document: fc.Arbitrary<Document> = fc
  .record({
    id: fc.nat(80).map((n) => `d${n}`),
    title: fc.constantFrom("sea", "sea wind", "wind wind", ""),
    values: columnValues,
  })
  .map(({ values, ...rest }) => ({ ...rest, ...values }));
const request = fc.record({
  query: fc.constantFrom("", "", "sea", "sea wind", "+wind -sea"),
  filter: fc.option(filters, { nil: undefined, freq: 3 }),
  sort: fc.option(sorts, { nil: undefined, freq: 3 }),
  facets: fc.subarray(names),
  size: fc.constantFrom(0, 3, 200),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

async function search(index: string, body: object): Promise<Record<string, unknown>> {
  const answer = await cluster.request("POST", `/v1/indexes/${index}/search`, { budgetMs: 20_000, ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

async function created(index: string, shards: number): Promise<void> {
  const fields = { title: { type: "text" }, ...columnTypes };
  const answer = await cluster.request("PUT", `/v1/indexes/${index}`, { fields, shards, replicas: 1 });
  expect(answer.status).toBe(201);
}

/** What the answer to a query without words must be. */
function naive(documents: readonly Document[], { filter, sort, facets, size }: Request) {
  const matches = documents.filter((each) => filter === undefined || passes(each, filter));
  const ordered = inOrder(
    matches.map((each) => ({ document: each, score: 0 })),
    sort ?? ["_score"],
  );
  const byScore = sort === undefined || (sort.length === 1 && sort[0] === "_score");
  return {
    total: { value: matches.length, exact: true },
    hits: ordered.slice(0, size).map((each) => {
      const hit = { id: each.document.id, score: 0 };
      return byScore ? hit : { ...hit, sort: sort.map((key) => shown(sortValue(each, key), key)) };
    }),
    facets:
      facets.length === 0 ? undefined : Object.fromEntries(facets.map((name) => [name, naiveFacet(matches, name)])),
  };
}

function naiveFacet(matches: readonly Document[], name: ColumnName) {
  const { counts, missing } = countValues(matches, name);
  const ranked = rankCounts(counts).slice(0, 10);
  return {
    exact: true,
    missing,
    buckets: ranked.map(([value, count]) => ({ value: shown(value, name), count, errorMax: 0 })),
  };
}

/** Dates are shown as instants. */
function shown(value: string | number | boolean | null, key: string) {
  if (!key.endsWith("born") || value === null) return value;
  return Object.values(instants).find(({ instantMs }) => instantMs === value)?.shown;
}

type Answer = { total: unknown; hits: { id: string; score: number; sort?: unknown }[]; facets: unknown };

function told(body: Record<string, unknown>): Answer {
  const hits = Array.isArray(body.hits) ? body.hits : [];
  return {
    total: body.total,
    hits: hits.map(({ id, score, sort }) => (sort === undefined ? { id, score } : { id, score, sort })),
    facets: body.facets,
  };
}

describe("filters, facets and orders", () => {
  it("are the same on any number of shards, and those of a walk over all documents", async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(document, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 3 }),
        fc.uniqueArray(fc.nat(80), { maxLength: 5 }),
        fc.array(request, { minLength: 12, maxLength: 12 }),
        async (batches, deleted, requests) => {
          round++;
          const living = new Map(batches.flat().map((each) => [each.id, each]));
          for (const id of deleted) living.delete(`d${id}`);
          const answers: Answer[][] = [];
          for (const shards of layouts) {
            const index = `c${round}-${shards}`;
            await created(index, shards);
            for (const batch of batches) await cluster.load(index, batch);
            for (const id of deleted) await cluster.request("DELETE", `/v1/indexes/${index}/documents/d${id}`);
            const after = await cluster.load(index, [{ id: "last", title: "sea" }]);
            answers.push(
              await Promise.all(requests.map(async (body) => told(await search(index, { ...body, after })))),
            );
            await cluster.request("DELETE", `/v1/indexes/${index}`);
          }
          for (const other of answers) expect(other).toEqual(answers[0]);
          living.set("last", { id: "last", title: "sea" });
          requests.forEach((asked, i) => {
            if (asked.query === "") expect(answers[0]?.[i]).toEqual(naive([...living.values()], asked));
          });
        },
      ),
      { seed: 61, numRuns: 6, endOnFailure: true },
    );
  });

  it("work from query parameters as from a body", async () => {
    await created("parameters", 3);
    await cluster.load("parameters", [
      { id: "1", year: 1854, category: ["a", "b"] },
      { id: "2", year: 1900, category: "a" },
      { id: "3", category: "b" },
    ]);
    const filter = encodeURIComponent('{"category":["a","b"],"not":{"year":1900}}');
    const { body } = await cluster.request(
      "GET",
      `/v1/indexes/parameters/search?filter=${filter}&facets=category,year&sort=-year,category`,
    );
    expect(told(body)).toMatchObject({
      total: { value: 2, exact: true },
      hits: [
        { id: "1", sort: [1854, "a"] },
        { id: "3", sort: [null, "b"] },
      ],
      facets: {
        category: {
          buckets: [
            { value: "b", count: 2 },
            { value: "a", count: 1 },
          ],
        },
        year: { missing: 1, buckets: [{ value: 1854, count: 1, errorMax: 0 }] },
      },
    });
  });

  it("tell of more values than a leaf lists, with bounds that hold", async () => {
    await created("many", 3);
    const documents = Array.from({ length: 9000 }, (_, i) => ({
      id: `d${i}`,
      category: i % 10 === 0 ? ["often", `v${i}`] : `v${i}`,
    }));
    await cluster.load("many", documents);
    const one = await search("many", { facets: [{ field: "category", size: 1 }], size: 0 });
    expect(one.facets).toEqual({
      category: { exact: true, missing: 0, buckets: [{ value: "often", count: 900, errorMax: 0 }] },
    });
    const body = await search("many", { facets: [{ field: "category", size: 3 }], size: 0 });
    expect(body.facets).toMatchObject({ category: { exact: false, missing: 0 } });
    expect(JSON.stringify(body.facets)).toContain('"count":1,"errorMax":2');
  });
});

const walkSizes = [10, 17, 40];

describe("a cursor", () => {
  it.concurrent.each(layouts)("meets every steady document exactly once, on %i shards", async (shards) => {
    const index = `walk-${shards}`;
    await created(index, shards);
    const sample = fc.sample(document, { numRuns: 400, seed: 71 });
    const steady = sample.slice(0, 80).map((each, i) => ({ ...each, id: `s${i}`, title: "sea wind" }));
    await cluster.load(index, [...steady, ...sample]);
    const orders: (string[] | undefined)[] = [undefined, ["-year", "category"], ["born", "_score"], ["alive"]];
    for (const [i, sort] of orders.entries()) {
      const filter = i % 2 === 0 ? undefined : { not: { category: "zz" } };
      const body = { query: i === 3 ? "" : "sea wind", filter, sort, size: walkSizes[i % 3], returned: [] };
      const expected = steady.filter((each) => filter === undefined || passes(each, filter)).map(({ id }) => id);
      const walked = await walk(index, body, sample.slice(100 * i));
      expect(walked.filter((id) => id.startsWith("s")).sort()).toEqual(expected.sort());
    }
  });

  it("walks an index at rest as one long page would, and ends", async () => {
    await created("rest", 3);
    await cluster.load("rest", fc.sample(document, { numRuns: 200, seed: 72 }));
    const whole = await search("rest", { query: "sea wind", sort: ["category"], size: 1000 });
    expect(whole.cursor).toBeNull();
    const walked = await walk("rest", { query: "sea wind", sort: ["category"], size: 7 }, []);
    expect(walked).toEqual(told(whole).hits.map(({ id }) => id));
    const found = told(whole).hits.length;
    expect(whole.total).toEqual({ value: found, exact: true });
    const question = { query: "sea wind", sort: ["category"] };
    for (const from of [0, 3]) {
      expect((await search("rest", { ...question, from, size: found - from })).cursor).toBeNull();
      expect((await search("rest", { ...question, from, size: found - from - 1 })).cursor).not.toBeNull();
    }
    expect(await search("rest", { size: 0 })).toMatchObject({ hits: [], cursor: null });
  });

  it("keeps scores and the epoch while statistics move", async () => {
    await created("scores", 3);
    const steady = Array.from({ length: 30 }, (_, i) => ({ id: `s${i}`, title: `sea ${"wind ".repeat(i % 4)}` }));
    await cluster.load("scores", steady);
    const before = await search("scores", { query: "wind sea", size: 30 });
    const first = await search("scores", { query: "wind sea", size: 10 });
    await cluster.load(
      "scores",
      Array.from({ length: 200 }, (_, i) => ({ id: `z${i}`, title: "other things" })),
    );
    const second = await search("scores", { query: "wind sea", size: 10, cursor: first.cursor });
    expect(second.statistics).toEqual(first.statistics);
    expect([...told(first).hits, ...told(second).hits]).toEqual(told(before).hits.slice(0, 20));
    expect((await search("scores", { query: "wind sea" })).statistics).not.toEqual(first.statistics);
  });
});

/** Walks page by page; between pages other documents are added, changed and deleted. */
async function walk(index: string, body: object, others: readonly Document[]): Promise<string[]> {
  const ids: string[] = [];
  let cursor: unknown;
  for (let page = 0; ; page++) {
    const answer = await search(index, cursor === undefined ? body : { ...body, cursor });
    expect(answer.complete).toBe(true);
    ids.push(...told(answer).hits.map(({ id }) => id));
    cursor = answer.cursor;
    if (cursor === null) return ids;
    const changed = others.slice(page * 10, page * 10 + 10);
    if (changed.length === 0 || page % 3 === 2) continue;
    await cluster.load(
      index,
      changed.map((each, i) => ({ ...each, id: i % 2 === 0 ? each.id : `n${page}-${i}` })),
    );
    const gone = changed[0];
    if (gone !== undefined) await cluster.request("DELETE", `/v1/indexes/${index}/documents/${gone.id}`);
  }
}
