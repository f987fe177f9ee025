import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawBody, startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;
const documents = "/v1/indexes/notes/documents";

beforeAll(async () => {
  cluster = await startCluster({ leaves: 2 });
  await cluster.request("PUT", "/v1/indexes/notes", { fields: { text: { type: "text" } }, shards: 2, replicas: 1 });
});

afterAll(() => cluster.close());

function put(id: string, text: string, headers: Record<string, string> = {}) {
  const body = new RawBody({ "content-type": "application/json", ...headers }, JSON.stringify({ text }));
  return cluster.request("PUT", `${documents}/${id}`, body);
}

describe("conditions of a write", () => {
  it("hold on the version that was read, and on nothing else", async () => {
    const first = await put("a", "one");
    expect(first.status).toBe(201);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toBe(`"${String(first.body.version)}"`);
    const second = await put("a", "two", { "if-match": etag });
    expect(second.status).toBe(200);
    expect(await put("a", "three", { "if-match": etag })).toMatchObject({
      status: 412,
      body: { code: "version_conflict" },
    });
    const stands = await cluster.request("GET", `${documents}/a`);
    expect(stands.body).toEqual({ id: "a", version: second.body.version, document: { id: "a", text: "two" } });
    const remove = (match: string) => cluster.request("DELETE", `${documents}/a`, new RawBody({ "if-match": match }));
    expect((await remove(etag)).status).toBe(412);
    const removed = await remove(`"${String(second.body.version)}"`);
    expect([removed.status, removed.headers.get("etag")]).toEqual([200, `"${String(removed.body.version)}"`]);
    expect((await cluster.request("GET", `${documents}/a`)).status).toBe(404);
  });

  it("let a document be created once", async () => {
    expect((await put("b", "one", { "if-none-match": "*" })).status).toBe(201);
    expect((await put("b", "two", { "if-none-match": "*" })).status).toBe(412);
    expect((await cluster.request("GET", `${documents}/b`)).body.document).toEqual({ id: "b", text: "one" });
  });

  it("hold on whatever stands, and on any of several versions; a weak tag matches nothing", async () => {
    const write = async (match: string): Promise<number> => (await put("many", "x", { "if-match": match })).status;
    expect(await write("*")).toBe(412);
    const { body } = await put("many", "one");
    const version = Number(body.version);
    expect(await write(`W/"${version}"`)).toBe(412);
    expect(await write(`"${version + 1000}", "abc", W/"${version}"`)).toBe(412);
    expect(await write(`"99999999999999999999"`)).toBe(412);
    expect((await cluster.request("GET", `${documents}/many`)).body.version).toBe(version);
    expect(await write(`"${version + 1000}", "${version}"`)).toBe(200);
    expect(await write("*")).toBe(200);
    expect((await cluster.request("DELETE", `${documents}/many`, new RawBody({ "if-match": "*" }))).status).toBe(200);
    expect(await write("*")).toBe(412);
  });

  it("on whatever stands hold for everybody who writes at once", async () => {
    await put("contended", "first");
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => put("contended", `writer ${i}`, { "if-match": "*" })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it("are no matter of bulk requests", async () => {
    const body = new RawBody(
      { "content-type": "application/json", "if-none-match": "*" },
      JSON.stringify([{ id: "bulk", text: "one" }]),
    );
    const answer = await cluster.request("POST", documents, body);
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect((await cluster.request("GET", `${documents}/bulk`)).status).toBe(404);
  });

  it.each([
    [{ "if-match": "soon" }, "ETag"],
    [{ "if-match": '"86' }, "ETag"],
    [{ "if-match": "0x10" }, "ETag"],
    [{ "if-match": "1e2" }, "ETag"],
    [{ "if-match": "" }, "ETag"],
    [{ "if-match": '"1",' }, "ETag"],
    [{ "if-none-match": '"4"' }, "If-None-Match"],
    [{ "if-match": '"1"', "if-none-match": "*" }, "not both"],
  ])("are refused where they make no sense: %j", async (headers, names) => {
    const answer = await put("c", "one", headers);
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(String(answer.body.detail)).toContain(names);
    expect((await cluster.request("GET", `${documents}/c`)).status).toBe(404);
  });
});

describe("a bulk request with an Idempotency-Key", () => {
  it("is carried out once however often it is sent", async () => {
    const body = new RawBody(
      { "content-type": "application/json", "idempotency-key": "import-1" },
      JSON.stringify([{ id: "k", text: "one" }]),
    );
    const first = await cluster.request("POST", documents, body);
    await put("k", "changed since");
    const again = await cluster.request("POST", documents, body);
    expect(again.body).toEqual(first.body);
    expect((await cluster.request("GET", `${documents}/k`)).body.document).toEqual({ id: "k", text: "changed since" });
  });
});

describe("a bulk request with an Idempotency-Key that is none", () => {
  const send = (key: string, sent: readonly unknown[]) => {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    return cluster.request("POST", documents, new RawBody(headers, JSON.stringify(sent)));
  };

  it.each([
    ["empty", ""],
    ["too long", "k".repeat(257)],
  ])("is refused by the header's name where it is %s, whatever is sent", async (_, key) => {
    for (const sent of [[{ id: "e" }], []]) {
      const answer = await send(key, sent);
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
      expect(answer.body.detail).toContain("Idempotency-Key");
    }
    expect((await cluster.request("GET", `${documents}/e`)).status).toBe(404);
  });
});

describe("X-Priority", () => {
  it("is one of two words", async () => {
    const search = (priority: string) =>
      cluster.request(
        "POST",
        "/v1/indexes/notes/search",
        new RawBody({ "content-type": "application/json", "x-priority": priority }, "{}"),
      );
    expect((await search("batch")).status).toBe(200);
    expect(await search("urgent")).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  });
});
