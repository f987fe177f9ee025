import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 2 });
  const fields = {
    title: { type: "text" },
    note: { type: "stored" },
    category: { type: "keyword" },
    year: { type: "number" },
    born: { type: "date" },
    alive: { type: "boolean" },
  };
  for (const index of ["books", "others"]) {
    await cluster.request("PUT", `/v1/indexes/${index}`, { fields, shards: 2, replicas: 1 });
    await cluster.load(index, [{ id: "1", title: "Walden", year: 1854 }, { id: "2" }, { id: "3" }]);
  }
});

afterAll(() => cluster.close());

const search = "/v1/indexes/books/search";
const nested = (depth: number): object => (depth === 0 ? { year: 1 } : { not: nested(depth - 1) });

/** What is asked for, the path that the problem must name, and a word of its detail. */
const rows: [body: object, path: string, word: string][] = [
  [{ filter: "year" }, "/filter", "object"],
  [{ filter: [] }, "/filter", "object"],
  [{ filter: { nowhere: 1 } }, "/filter/nowhere", "nowhere"],
  [{ filter: { constructor: 1 } }, "/filter/constructor", "constructor"],
  [{ filter: { title: "Walden" } }, "/filter/title", "text"],
  [{ filter: { note: "x" } }, "/filter/note", "stored"],
  [{ filter: { year: "1854" } }, "/filter/year", "number"],
  [{ filter: { year: null } }, "/filter/year", "number"],
  [{ filter: { year: true } }, "/filter/year", "number"],
  [{ filter: { year: [] } }, "/filter/year", "at least one"],
  [{ filter: { year: [1854, "x"] } }, "/filter/year/1", "number"],
  [{ filter: { year: {} } }, "/filter/year", "gte"],
  [{ filter: { year: { gte: "x" } } }, "/filter/year/gte", "number"],
  [{ filter: { year: { from: 1 } } }, "/filter/year/from", "gte, gt, lte, lt"],
  [{ filter: { category: 5 } }, "/filter/category", "string"],
  [{ filter: { category: { gt: 5 } } }, "/filter/category/gt", "string"],
  [{ filter: { alive: "yes" } }, "/filter/alive", "true or false"],
  [{ filter: { alive: { gte: true } } }, "/filter/alive", "ranges"],
  [{ filter: { born: 0 } }, "/filter/born", "RFC 3339"],
  [{ filter: { born: "yesterday" } }, "/filter/born", "RFC 3339"],
  [{ filter: { born: { lt: "2024-13-01" } } }, "/filter/born/lt", "RFC 3339"],
  [{ filter: { born: "2024-04-31" } }, "/filter/born", "calendar"],
  [{ filter: { not: 5 } }, "/filter/not", "object"],
  [{ filter: { not: {} } }, "/filter/not", "condition"],
  [{ filter: { not: { year: "x" } } }, "/filter/not/year", "number"],
  [{ filter: { or: { year: 1 } } }, "/filter/or", "list"],
  [{ filter: { or: [] } }, "/filter/or", "list"],
  [{ filter: { or: [{ year: 1 }, {}] } }, "/filter/or/1", "condition"],
  [{ filter: { and: [{ or: [{ year: {} }] }] } }, "/filter/and/0/or/0/year", "gte"],
  [{ filter: nested(40) }, `/filter${"/not".repeat(13)}`, "deeper"],
  [{ filter: { year: Array.from({ length: 20_000 }, (_, i) => i) } }, "/filter", "parts"],
  [{ filter: { category: ["x".repeat(200_000)] } }, "/filter", "characters"],
  [{ facets: ["title"] }, "/facets/0", "text"],
  [{ facets: ["year", "nowhere"] }, "/facets/1", "nowhere"],
  [{ facets: ["year", { field: "year", size: 3 }] }, "/facets/1", "second"],
  [{ facets: [{ field: "year", size: 0 }] }, "/facets/0/size", ""],
  [{ facets: [{ field: "year", sise: 3 }] }, "/facets/0/sise", ""],
  [{ facets: "year" }, "/facets", "array"],
  [{ sort: ["title"] }, "/sort/0", "title"],
  [{ sort: ["year", "-note"] }, "/sort/1", "note"],
  [{ sort: ["nowhere"] }, "/sort/0", "nowhere"],
  [{ sort: ["-_score"] }, "/sort/0", "_score"],
  [{ sort: ["--year"] }, "/sort/0", "-year"],
  [{ sort: [] }, "/sort", ""],
  [{ sort: "year" }, "/sort", "array"],
  [{ cursor: "" }, "/cursor", ""],
  [{ cursor: 5 }, "/cursor", "string"],
  [{ cursor: "x" }, "/cursor", "answer"],
  [{ cursor: "e30.0-0" }, "/cursor", "answer"],
];

describe("what does not fit the columns", () => {
  it.each(rows)("%j is refused at %s", async (body, path, word) => {
    const answer = await cluster.request("POST", search, body);
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    const [first] = Array.isArray(answer.body.errors) ? answer.body.errors : [];
    expect(first).toMatchObject({ path, detail: expect.stringContaining(word) });
  });

  it("is refused from query parameters too", async () => {
    const answer = await cluster.request("GET", `${search}?sort=title`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: "/sort/0" }] } });
  });
});

describe("a cursor out of its place", () => {
  it("is refused: another query, another index, a place to start from, a changed letter", async () => {
    const { body } = await cluster.request("POST", search, { size: 1 });
    const cursor = String(body.cursor);
    const other = "/v1/indexes/others/search";
    const changed = `${cursor.slice(0, 20)}${cursor[20] === "A" ? "B" : "A"}${cursor.slice(21)}`;
    const asked: [string, object, string][] = [
      [search, { query: "walden", cursor }, "/cursor"],
      [search, { filter: { year: 1 }, cursor }, "/cursor"],
      [search, { sort: ["year"], cursor }, "/cursor"],
      [other, { cursor }, "/cursor"],
      [search, { cursor, from: 1 }, "/from"],
      [search, { cursor: changed }, "/cursor"],
    ];
    for (const [url, request, path] of asked) {
      const answer = await cluster.request("POST", url, request);
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request", errors: [{ path }] } });
    }
    const next = await cluster.request("POST", search, { cursor, size: 5, facets: ["year"] });
    expect(next).toMatchObject({ status: 200, body: { hits: [{ id: "2" }, { id: "3" }], cursor: null } });
  });
});
