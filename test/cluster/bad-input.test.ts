import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorTable } from "../../src/errors.ts";
import { ndjson, RawBody, startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 2 });
  const fields = {
    title: { type: "text", boost: 2 },
    body: { type: "text" },
    category: { type: "keyword" },
    year: { type: "number" },
    born: { type: "date" },
    alive: { type: "boolean" },
  };
  await cluster.request("PUT", "/v1/indexes/books", { fields, shards: 2, replicas: 1 });
  await cluster.load("books", [{ id: "1", title: "Walden", body: "life in the woods", year: 1854 }]);
});

afterAll(() => cluster.close());

const jsonType = { "content-type": "application/json" };
const search = "/v1/indexes/books/search";
const documents = "/v1/indexes/books/documents";

type Row = [method: string, path: string, body: unknown, status: number, code: string, names: string];

/** Every row must be answered with a problem document of that code whose text names what is wrong. */
const rows: Row[] = [
  ["POST", search, "{", 400, "invalid_request", "JSON"],
  ["POST", search, "[]", 400, "invalid_request", "object"],
  ["POST", search, '"x"', 400, "invalid_request", 'must be object"'],
  ["POST", search, "null", 400, "invalid_request", 'must be object"'],
  ["POST", search, '{"filter":{"__proto__":{}}}', 400, "invalid_request", "/filter/__proto__"],
  ["POST", search, { quary: "x" }, 400, "invalid_request", "quary"],
  ["POST", search, { query: 5 }, 400, "invalid_request", "/query"],
  ["POST", search, { query: "a", size: -1 }, 400, "invalid_request", "/size"],
  ["POST", search, { query: "a", size: 1001 }, 400, "invalid_request", "/size"],
  ["POST", search, { query: "a", size: 1.5 }, 400, "invalid_request", "/size"],
  ["POST", search, { query: "a", from: 9995, size: 10 }, 400, "invalid_request", "cursor"],
  ["POST", search, { query: "a", match: "some" }, 400, "invalid_request", "/match"],
  ["POST", search, { query: "a", match: 0 }, 400, "invalid_request", "/match"],
  ["POST", search, { query: "a", match: 101 }, 400, "invalid_request", "/match"],
  ["POST", search, { match: 150 }, 400, "invalid_request", '\\"any\\", \\"all\\" or a number from 1 to 100'],
  ["POST", search, { facets: [5] }, 400, "invalid_request", "a string or an object of"],
  ["POST", search, { facets: [{ field: "x", size: 0 }] }, 400, "invalid_request", "/facets/0/size must be >= 1"],
  ["POST", search, { facets: ["x", { field: "x", sise: 1 }] }, 400, "invalid_request", "/facets/1/sise is not a known"],
  ["POST", search, { facets: [{ size: 1 }] }, 400, "invalid_request", "/facets/0 must have required property 'field'"],
  ["POST", search, { highlight: 5 }, 400, "invalid_request", "true or false or a list, each of it a string"],
  ["POST", search, { highlight: [5] }, 400, "invalid_request", "/highlight/0 must be string"],
  ["GET", `${search}?constructor=1`, undefined, 400, "invalid_request", "/constructor is not a known field"],
  ["GET", `${search}?__proto__=1&q=a`, undefined, 400, "invalid_request", "/__proto__ is not a known field"],
  ["GET", `${search}?q=a&toString=1`, undefined, 400, "invalid_request", "/toString is not a known field"],
  ["GET", `${search}?match=some`, undefined, 400, "invalid_request", '\\"any\\", \\"all\\" or a number from 1 to 100'],
  ["POST", "/v1/members", { name: "..", url: "http://127.0.0.1:9", life: "x" }, 400, "invalid_request", "/name"],
  ["POST", "/v1/members", { name: "x", url: "file:///x", life: "x" }, 400, "invalid_request", "/url"],
  ["POST", "/v1/members", { name: "x", url: "http://127.0.0.1:9/x", life: "x" }, 400, "invalid_request", "/url"],
  ["POST", "/v1/members", { name: "x", url: "http://127.0.0.1:9?x=1", life: "x" }, 400, "invalid_request", "/url"],
  ["POST", "/v1/members", { name: "x", url: "http://me@127.0.0.1:9", life: "x" }, 400, "invalid_request", "/url"],
  ["POST", search, { query: "a", fields: ["nowhere"] }, 400, "invalid_request", "nowhere"],
  ["POST", search, { query: "a", fields: ["year"] }, 400, "invalid_request", "year"],
  ["POST", search, { query: "a", fields: ["title^x"] }, 400, "invalid_request", "title^x"],
  ["POST", search, { query: "a", fields: ["title^-1"] }, 400, "invalid_request", "title^-1"],
  ["POST", search, { query: "a", fields: [] }, 400, "invalid_request", "/fields"],
  ["POST", search, { query: "a", fields: "title" }, 400, "invalid_request", "/fields"],
  ["POST", search, { query: "year:1854" }, 400, "invalid_query", "filter"],
  ["POST", search, { query: "word ".repeat(2000) }, 400, "invalid_query", "terms"],
  ["POST", search, { budgetMs: 0 }, 400, "invalid_request", "/budgetMs"],
  ["POST", search, { budgetMs: 60_001 }, 400, "invalid_request", "/budgetMs"],
  ["POST", search, { budgetMs: "10" }, 400, "invalid_request", "/budgetMs"],
  ["POST", search, { minCoverage: 1.1 }, 400, "invalid_request", "/minCoverage"],
  ["POST", search, { returned: "title" }, 400, "invalid_request", "/returned"],
  ["POST", search, { hedge: "no" }, 400, "invalid_request", "/hedge"],
  ["POST", search, { after: "soon" }, 400, "invalid_request", "after"],
  ["POST", search, { after: "1e3" }, 400, "invalid_request", "after"],
  ["POST", "/v1/indexes/nowhere/search", { query: "a" }, 404, "index_not_found", "nowhere"],
  ["GET", `${search}?q=a&size=many`, undefined, 400, "invalid_request", "/size"],
  ["GET", `${search}?q=a&size=0x10`, undefined, 400, "invalid_request", "/size must be integer"],
  ["GET", `${search}?q=a&size=1e1`, undefined, 400, "invalid_request", "/size"],
  ["GET", `${search}?q=a&from=%205`, undefined, 400, "invalid_request", "/from"],
  ["GET", `${search}?q=a&from=5.0`, undefined, 400, "invalid_request", "/from"],
  ["GET", `${search}?q=a&minCoverage=1e-1`, undefined, 400, "invalid_request", "/minCoverage must be number"],
  ["GET", `${search}?q=a&match=0b11`, undefined, 400, "invalid_request", "/match"],
  ["GET", `${search}?q=a&size=`, undefined, 400, "invalid_request", "/size"],
  ["GET", `${search}?q=a&q=b`, undefined, 400, "invalid_request", "/q"],
  ["GET", `${search}?q=a&query=b`, undefined, 400, "invalid_request", "query"],
  ["GET", `${search}?q=%FF`, undefined, 400, "invalid_request", "/q is not"],
  ["GET", `${search}?size=1&q=caf%C3%A9+%ED%A0%80`, undefined, 400, "invalid_request", "/q is not"],
  ["GET", `${search}?q=50%+caf%C3%A9`, undefined, 400, "invalid_request", "%25"],
  ["GET", `${search}?%C3=1`, undefined, 400, "invalid_request", "/%C3 is not"],
  ["GET", `${search}?highlight=2`, undefined, 400, "invalid_request", "/highlight/0"],
  ["GET", `${search}?querry=a`, undefined, 400, "invalid_request", "querry"],
  ["GET", `${search}?q=a&filter=%7B`, undefined, 400, "invalid_request", "/filter"],
  ["GET", `${search}?q=a&budgetMs=NaN`, undefined, 400, "invalid_request", "/budgetMs"],
  ["GET", "/v1/nothing", undefined, 404, "not_found", "/v1/nothing"],
  ["POST", documents, undefined, 400, "invalid_request", "must be a JSON array of documents"],
  ["POST", "/v1/indexes", {}, 405, "method_not_allowed", "takes GET, HEAD, not POST"],
  ["DELETE", `${search}?q=a`, undefined, 405, "method_not_allowed", "takes GET, HEAD, POST, not DELETE"],
  ["OPTIONS", `${documents}/x%2Fy/`, undefined, 405, "method_not_allowed", "takes DELETE, GET, HEAD, PUT, not OPTIONS"],
  ["GET", "/v1/indexes/books/nothing", undefined, 404, "not_found", "/v1/indexes/books/nothing"],
  ["GET", "/v1/indexes/nowhere", undefined, 404, "index_not_found", "nowhere"],
  ["DELETE", "/v1/indexes/nowhere", undefined, 404, "index_not_found", "nowhere"],
  ["PUT", "/v1/indexes/new", {}, 400, "invalid_request", "fields"],
  ["PUT", "/v1/indexes/new", { fields: { a: { type: "texts" } } }, 400, "invalid_request", "/fields/a/type"],
  ["PUT", "/v1/indexes/new", { fields: { a: { type: "text", bost: 1 } } }, 400, "invalid_request", "bost"],
  ["PUT", "/v1/indexes/new", { fields: { a: { type: "text", boost: 0 } } }, 400, "invalid_request", "boost"],
  ["PUT", "/v1/indexes/new", { fields: { a: { type: "text", boost: 1e-320 } } }, 400, "invalid_request", "1e-100"],
  [
    "PUT",
    "/v1/indexes/new",
    { fields: { a: { type: "keyword", boost: 2 } } },
    400,
    "invalid_request",
    "fields/a/boost",
  ],
  ["PUT", "/v1/indexes/new", { fields: { a: { type: "stored", boost: 1 } } }, 400, "invalid_request", "text fields"],
  ["PUT", "/v1/indexes/new", { fields: { "a b": { type: "text" } } }, 400, "invalid_request", "letters, digits"],
  ["PUT", "/v1/indexes/new", { fields: { id: { type: "text" } } }, 400, "invalid_request", "/fields/id"],
  ["PUT", "/v1/indexes/new", { fields: { not: { type: "keyword" } } }, 400, "invalid_request", "/fields/not"],
  ["PUT", "/v1/indexes/new", { fields: { and: { type: "text" } } }, 400, "invalid_request", "filters"],
  ["PUT", "/v1/indexes/new", { fields: { or: { type: "number" } } }, 400, "invalid_request", "/fields/or"],
  ["PUT", "/v1/indexes/new", { fields: {}, shards: 0 }, 400, "invalid_request", "/shards"],
  ["PUT", "/v1/indexes/new", { fields: {}, language: "xx" }, 400, "invalid_request", "/language"],
  ["PUT", "/v1/indexes/New!", { fields: {} }, 400, "invalid_request", "index"],
  ["PUT", "/v1/indexes/books", { fields: { title: { type: "text" } } }, 409, "index_exists", "books"],
  ["POST", documents, "{", 400, "invalid_request", "JSON"],
  ["POST", documents, { id: "1" }, 400, "invalid_request", "array"],
  ["POST", "/v1/indexes/nowhere/documents", [], 404, "index_not_found", "nowhere"],
  ["PUT", `${documents}/2`, { title: 5 }, 400, "invalid_document", "title"],
  ["PUT", `${documents}/2`, { id: "3" }, 400, "invalid_document", "id"],
  ["PUT", `${documents}/2`, [], 400, "invalid_document", "object"],
  ["PUT", "/v1/indexes/books/", { fields: {} }, 404, "not_found", "slash"],
  ["DELETE", `${documents}/..`, undefined, 404, "not_found", "slash"],
  ["DELETE", `${documents}/%2e%2E`, undefined, 404, "not_found", "slash"],
  ["DELETE", "/v1/indexes/books/?now", undefined, 404, "not_found", "slash"],
  ["PUT", `${documents}/2`, { year: "1854" }, 400, "invalid_document", "year"],
  ["PUT", `${documents}/2`, { born: "yesterday" }, 400, "invalid_document", "born"],
  ["PUT", `${documents}/2`, { born: "2024-02-30" }, 400, "invalid_document", "calendar"],
  ["PUT", `${documents}/2`, { born: "2023-02-29T10:00:00Z" }, 400, "invalid_document", "/born"],
  ["PUT", `${documents}/2`, { alive: "yes" }, 400, "invalid_document", "alive"],
  ["PUT", `${documents}/2`, { category: [1] }, 400, "invalid_document", "category"],
  ["GET", `${documents}/2`, undefined, 404, "document_not_found", "2"],
  ["DELETE", `${documents}/2`, undefined, 404, "document_not_found", "2"],
  ["POST", "/v1/aliases", { set: { now: "nowhere" } }, 404, "index_not_found", "nowhere"],
  ["POST", "/v1/aliases", { set: { a: 5 } }, 400, "invalid_request", "/set/a must be string or null"],
  ["POST", "/v1/aliases", { set: { "A!": "x" } }, 400, "invalid_request", "/set/A!"],
  ["POST", "/v1/aliases", { sat: {} }, 400, "invalid_request", "s"],
  ["POST", "/v1/aliases", { set: { books: "books" } }, 409, "index_exists", "books"],
];

describe("bad input", () => {
  it.each(rows)("%s %s %j is answered %i %s", async (method, path, body, status, code, names) => {
    const answer = await cluster.request(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.body).toMatchObject({ status, code, title: expect.any(String), traceId: expect.any(String) });
    expect(answer.headers.get("x-trace-id")).toBe(answer.body.traceId);
    expect(answer.headers.get("server-timing")).toMatch(/dur=/);
    expect(answer.headers.has("allow")).toBe(status === 405);
    expect(JSON.stringify([answer.body.detail, answer.body.errors])).toContain(names);
  });

  it("takes an empty body for none, whatever type it says it is", async () => {
    const none = () => new RawBody({ "content-type": "application/json" });
    expect(await cluster.request("POST", search, none())).toMatchObject({ status: 200 });
    expect(await cluster.request("POST", search)).toMatchObject({ status: 200 });
    expect(await cluster.request("PUT", "/v1/indexes/brief", { fields: {} })).toMatchObject({ status: 201 });
    expect(await cluster.request("PUT", "/v1/indexes/brief/documents/1", {})).toMatchObject({ status: 201 });
    expect(await cluster.request("DELETE", "/v1/indexes/brief/documents/1", none())).toMatchObject({ status: 200 });
    expect(await cluster.request("DELETE", "/v1/indexes/brief", none())).toMatchObject({ status: 200 });
    for (const [method, path] of [
      ["PUT", "/v1/indexes/brief"],
      ["PUT", `${documents}/1`],
      ["POST", documents],
    ] as const) {
      expect(await cluster.request(method, path, none())).toMatchObject({ status: 400 });
    }
  });

  it.each([
    ['{"query":"life"}', 400],
    ["", 200],
  ])("says of a search that is a GET's body that nobody reads it: %j", async (body, status) => {
    const headers = { ...jsonType, "content-length": body.length };
    const sent = request({ port: new URL(cluster.url).port, path: search, method: "GET", headers });
    sent.end(body);
    const [answer] = await once(sent, "response");
    expect(answer.statusCode).toBe(status);
    const text = Buffer.concat(await answer.toArray()).toString();
    if (status === 400)
      expect(JSON.parse(text)).toMatchObject({ code: "invalid_request", detail: expect.stringMatching(/: POST it$/) });
  });

  it("tells whoever drops an alias what it is and how to remove it, and leaves both as they are", async () => {
    await cluster.request("POST", "/v1/aliases", { set: { library: "books" } });
    const answer = await cluster.request("DELETE", "/v1/indexes/library");
    expect(answer).toMatchObject({ status: 404, body: { code: "index_not_found" } });
    expect(answer.body.detail).toContain('alias of "books"');
    expect((await cluster.request("GET", "/v1/indexes/library")).body.index).toBe("books");
    const body = /POST (\S+) (\{.*\}) removes it/.exec(String(answer.body.detail));
    expect((await cluster.request("POST", body?.[1] ?? "", body?.[2])).body).toEqual({ aliases: {} });
    expect((await cluster.request("GET", "/v1/indexes/books")).status).toBe(200);
  });

  it("refuses types of body that it does not know, and bodies that are too large", async () => {
    const xml = await cluster.request("POST", search, new RawBody({ "content-type": "text/xml" }, "<x/>"));
    expect(xml).toMatchObject({ status: 415, body: { code: "unsupported_media_type" } });
    for (const [method, path] of [
      ["POST", search],
      ["PUT", "/v1/indexes/lines"],
      ["PUT", `${documents}/1`],
      ["POST", "/v1/aliases"],
    ] as const) {
      expect(await cluster.request(method, path, ndjson('{"query":"x"}'))).toMatchObject({ status: 415 });
    }
    for (const encoding of ["gzip", "br", "unheard-of"]) {
      const headers = { "content-type": "application/json", "content-encoding": encoding };
      const packed = await cluster.request("POST", documents, new RawBody(headers, '[{"id":"z"}]'));
      expect(packed).toMatchObject({ status: 415, body: { code: "unsupported_media_type" } });
      expect(String(packed.body.detail)).toContain(encoding);
    }
    for (const [path, sizeBytes] of [
      [search, 4 << 20],
      [documents, 33 << 20],
    ] as const) {
      const large = await cluster.request("POST", path, `{"query":"${"x".repeat(sizeBytes)}"}`);
      expect(large).toMatchObject({ status: 413, body: { code: "too_large" } });
    }
  });

  it.each([
    ["POST", search, "application/json"],
    ["POST", documents, "application/json or application/x-ndjson"],
    ["PUT", `${documents}/1`, "application/json"],
    ["POST", "/v1/restore", "application/x-hedgerow-backup"],
  ])("says which types of body would do: %s %s", async (method, path, read) => {
    for (const [type, problem] of [
      ["application/x-www-form-urlencoded", 'a body of type "application/x-www-form-urlencoded" is not read here'],
      [undefined, "the body does not say of which type it is"],
    ] as const) {
      const headers = { "content-length": "2", ...(type === undefined ? {} : { "content-type": type }) };
      const sent = request({ port: new URL(cluster.url).port, path, method, headers });
      sent.end("{}");
      const [answer] = await once(sent, "response");
      const problemText = Buffer.concat(await answer.toArray()).toString();
      expect(JSON.parse(problemText)).toMatchObject({
        code: "unsupported_media_type",
        detail: `${problem}; send it with Content-Type: ${read}`,
      });
    }
  });

  it.each([
    ["a length", { "content-length": String(40 << 20) }],
    ["no length", { "transfer-encoding": "chunked" }],
  ])("has a caller read that a body of %s is too large, who sends all of it first", async (_what, headers) => {
    const { port } = new URL(cluster.url);
    for (let times = 0; times < 5; times++) {
      const sent = request({ port, path: documents, method: "POST", headers: { ...headers, ...jsonType } });
      // Writes on without a look at what comes, as simple clients do.
      sent.end(Buffer.alloc(40 << 20, " "));
      const [answer] = await once(sent, "response");
      expect(answer.statusCode).toBe(413);
      answer.resume();
      await once(answer, "end");
    }
  });

  it("takes a media type in any case, and its name alone", async () => {
    const line = '{"id":"cased"}\n';
    for (const [type, status] of [
      ["Application/X-NDJSON", 200],
      ["application/x-ndjson; charset=utf-8", 200],
      ["application/json; profile=ndjson", 400],
    ] as const) {
      expect((await cluster.request("POST", documents, new RawBody({ "content-type": type }, line))).status).toBe(
        status,
      );
    }
  });

  it.each([
    ["latin1", 415],
    ['"UTF-16"', 415],
    ["utf-8; charset=iso-8859-1", 415],
    ["UTF-8", 200],
    ['"utf8"', 200],
    ["us-ascii", 200],
  ])("reads no body as UTF-8 that says it is something else: %s", async (charset, status) => {
    for (const [path, type, body] of [
      [search, "application/json", "{}"],
      [documents, "application/json", '[{"id":"cased"}]'],
      [documents, "application/x-ndjson", '{"id":"cased"}'],
    ] as const) {
      const sent = new RawBody({ "content-type": `${type}; charset=${charset}` }, body);
      const answer = await cluster.request("POST", path, sent);
      expect(answer.status).toBe(status);
      if (status === 415)
        expect(answer.body).toMatchObject({
          code: "unsupported_media_type",
          detail: expect.stringContaining("charset"),
        });
    }
  });

  it("turns ids away that no address can hold", async () => {
    const answer = await cluster.request("POST", documents, [{ id: "." }, { id: ".." }, { id: "..." }]);
    expect(answer.body).toMatchObject({ accepted: 1, rejected: [{ line: 1 }, { line: 2 }] });
  });

  it("turns away single documents of a bulk request by line, and takes the others", async () => {
    const lines = ['{"id":"a","title":"one"}', "{", '{"title":"no id"}', "", '{"id":"b","year":"x"}', '{"id":"c"}'];
    const answer = await cluster.request("POST", documents, ndjson(lines.join("\r\n")));
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2, token: expect.any(String) } });
    expect(answer.body.rejected).toMatchObject([
      { line: 2, code: "invalid_document" },
      { line: 3, code: "invalid_document" },
      { line: 5, id: "b", code: "invalid_document" },
    ]);
  });

  it("leaves what stands untouched", async () => {
    const { body } = await cluster.request("GET", `${documents}/1`);
    expect(body.document).toEqual({ id: "1", title: "Walden", body: "life in the woods", year: 1854 });
    const indexes = await cluster.request("GET", "/v1/indexes");
    expect(indexes.body.indexes).toMatchObject([{ index: "books" }]);
  });

  it("answers with codes of the one table only", () => {
    for (const [, , , status, code] of rows) {
      expect(Object.entries(errorTable).some(([name, row]) => name === code && row.status === status)).toBe(true);
    }
  });
});
