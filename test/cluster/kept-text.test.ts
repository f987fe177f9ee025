import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ndjson, type RawBody, startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;
const documents = "/v1/indexes/exact/documents";

beforeAll(async () => {
  cluster = await startCluster({ leaves: 1 });
  const fields = { title: { type: "text" }, n: { type: "number" }, kept: { type: "stored" } };
  await cluster.request("PUT", "/v1/indexes/exact", { fields, shards: 1, replicas: 1 });
});

afterAll(() => cluster.close());

async function textOf(path: string): Promise<string> {
  return (await fetch(cluster.url + path)).text();
}

/** What no number of the language holds, and what would be written otherwise. */
const rest =
  '"big":12345678901234567890,"fine":0.10000000000000000001,"one":1.0,"far":1e999,"sign":-0,"u":"\\u00e9 \\/"';

const ways: [string, (id: string) => [method: string, path: string, body: RawBody | string]][] = [
  ["PUT", (id) => ["PUT", `${documents}/${id}`, `{"id":"${id}",${rest}}`]],
  ["PUT without an id", (id) => ["PUT", `${documents}/${id}`, `{${rest}}`]],
  ["PUT on several lines", (id) => ["PUT", `${documents}/${id}`, ` {\n  ${rest.replaceAll(",", ",\n\t")}\n}\n`]],
  ["a list", (id) => ["POST", documents, `\n[ {"id":"${id}",\r\n${rest}\n} ]`]],
  ["a list that begins with a mark", (id) => ["POST", documents, `\ufeff[{"id":"${id}",${rest}}]`]],
  ["lines", (id) => ["POST", documents, ndjson(`{"id":"${id}",${rest}}`)]],
  ["lines that begin with a mark", (id) => ["POST", documents, ndjson(`\ufeff{"id":"${id}",${rest}}`)]],
];

describe("a document", () => {
  it.each(ways)("keeps the text that came by %s, wherever it is read", async (way, sent) => {
    const id = way.replaceAll(" ", "-");
    const document = `{"id":"${id}",${rest}}`;
    const { status, body } = await cluster.request(...sent(id));
    expect([status, body.rejected ?? []]).toEqual([status < 202 ? status : 0, []]);
    expect(await textOf(`${documents}/${id}`)).toContain(`"document":${document}}`);
    const found = `/v1/indexes/exact/search?size=50&budgetMs=20000&after=${body.token}`;
    expect(await textOf(found)).toContain(`"document":${document}`);
    expect(await textOf(`${found}&returned=far,big,one`)).toContain(
      '"document":{"big":12345678901234567890,"one":1.0,"far":1e999}',
    );
  });

  it("is kept with names that mean something to the language", async () => {
    const odd = '{"id":"odd","__proto__":{"a":1},"constructor":{"prototype":1}}';
    expect((await cluster.request("PUT", `${documents}/odd`, odd)).status).toBe(201);
    expect(await textOf(`${documents}/odd`)).toContain(odd);
  });

  it("is refused with a number that none of its kind can hold in a field of numbers", async () => {
    const alone = await cluster.request("PUT", `${documents}/far`, '{"n":1e999}');
    expect(alone).toMatchObject({ status: 400, body: { code: "invalid_document", errors: [{ path: "/n" }] } });
    for (const body of ['[{"id":"far","n":-1e999}]', ndjson('{"id":"far","n":-1e999}')]) {
      const bulk = await cluster.request("POST", documents, body);
      expect(bulk.body).toMatchObject({ accepted: 0, rejected: [{ line: 1, id: "far", code: "invalid_document" }] });
      expect(JSON.stringify(bulk.body.rejected)).toContain("1.8e308");
    }
  });

  it.each([
    ["cut off", '{"a":1'],
    ["with a mark inside", '{"a":\ufeff1}'],
    ["of two", "{}{}"],
  ])("is refused as text that is not JSON: %s", async (_what, text) => {
    for (const [method, path, body] of [
      ["PUT", `${documents}/x`, text],
      ["POST", documents, `[${text}]`],
    ] as const) {
      const answer = await cluster.request(method, path, body);
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
      expect(answer.body.detail).toContain("JSON");
    }
  });

  it("is refused where its bytes are no text", async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from('"}')]);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${cluster.url}${documents}/x`, { method: "PUT", headers, body: bytes });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("UTF-8");
  });

  it("is not taken as lines by its own address", async () => {
    expect((await cluster.request("PUT", `${documents}/x`, ndjson("{}"))).status).toBe(415);
  });

  it("is taken from a list whole or not at all where the list itself is broken", async () => {
    const answer = await cluster.request("POST", documents, '[{"id":"first"},{"id":"second"} {}]');
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(answer.body.detail).toContain("element 2");
    expect((await cluster.request("GET", `${documents}/first`)).status).toBe(404);
  });
});
