import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoDocument, demoDocuments } from "../../data/corpus.ts";
import { createClient } from "../../src/command/client.ts";
import { loadDemo } from "../../src/command/demo.ts";
import { operations } from "../../src/protocol/api/operations.ts";
import { isRecord } from "../../src/protocol/record.ts";
import { routeNeeds } from "../../src/root/needs.ts";
import { sleep } from "../../src/time.ts";
import { type JsonAnswer, RawBody, startCluster, type TestCluster } from "../support/cluster.ts";
import { DescriptionCheck, recordOf } from "./description-check.ts";
import { curlRequest, shellCommands } from "./shell-commands.ts";

const readmeUrl = "http://127.0.0.1:8080";
const repository = fileURLToPath(new URL("../..", import.meta.url));
const budgetMs = "10000";

let cluster: TestCluster;
let directory: string;
let description: Record<string, unknown>;
let check: DescriptionCheck;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-readme-"));
  cluster = await startCluster({ leaves: 2, flags: ["--budget-ms", budgetMs, "--replicas", "2"] });
  const quiet = { stdout: () => {}, stderr: () => {}, isTerminal: false, env: {} };
  const target = { client: createClient(cluster.url), dataDirectory: directory, shards: 2, replicas: 2 };
  await loadDemo({ ...target, documents: someOfTheDemo }, quiet);
  description = (await cluster.request("GET", "/openapi.json")).body;
  check = new DescriptionCheck(description);
});

afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true, force: true });
});

/** What the examples look for, and a little of everything else. */
function* someOfTheDemo(): Generator<DemoDocument, void> {
  let position = 0;
  for (const document of demoDocuments()) {
    const isWanted = /height|anemometer|atmospher|composer|measuring/.test(`${document.title} ${document.body}`);
    if (isWanted || position++ % 200 === 0) yield document;
  }
}

/** The operations of the description, in the order of the table. */
function described(): { key: string; operation: Record<string, unknown> }[] {
  return Object.entries(recordOf(description.paths)).flatMap(([path, methods]) =>
    Object.entries(recordOf(methods)).map(([method, operation]) => ({
      key: `${method.toUpperCase()} ${path}`,
      operation: recordOf(operation),
    })),
  );
}

describe("/openapi.json", () => {
  it("is OpenAPI 3.1", async () => {
    const result = await new Validator().validate(structuredClone(description));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it("describes every route but the pages, and no other", () => {
    const pages = ["GET /", "GET /docs", "GET /openapi.json", "GET /assets/*"];
    const routes = Object.keys(routeNeeds).filter((route) => !pages.includes(route));
    const patterns = routes.map((route) => route.replaceAll(/:(\w+)/g, "{$1}")).sort();
    expect(
      described()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(patterns);
    expect(Object.keys(operations).sort()).toEqual(patterns);
  });

  it("asks for a key where one is needed, and nowhere else", () => {
    for (const { key, operation } of described()) {
      const isOpen = routeNeeds[key.replaceAll(/\{(\w+)\}/g, ":$1")]?.kind === "nothing";
      const mayRefuse = [401, 429].some((status) => Object.hasOwn(recordOf(operation.responses), status));
      expect([key, mayRefuse, operation.security]).toEqual([key, !isOpen, isOpen ? [] : undefined]);
    }
  });

  it("takes its bodies from the schemas that validate", () => {
    const search = recordOf(recordOf(description.paths)["/v1/indexes/{index}/search"]);
    const content = recordOf(recordOf(recordOf(search.post).requestBody).content);
    const schema = recordOf(recordOf(content["application/json"]).schema);
    expect(schema).toMatchObject({ additionalProperties: false, properties: { minCoverage: { maximum: 1 } } });
  });

  it("gives examples that its own schemas take", () => {
    for (const { key, operation } of described()) {
      const [method = "", path = ""] = key.split(" ");
      for (const [type, media] of Object.entries(recordOf(recordOf(operation.requestBody).content))) {
        const pointer = ["paths", path, method.toLowerCase(), "requestBody", "content", type, "schema"];
        for (const [name, example] of Object.entries(recordOf(recordOf(media).examples))) {
          expect([key, name, check.bodyMisfits(pointer, recordOf(example).value)]).toEqual([key, name, []]);
        }
      }
    }
  });

  it("tells errors as they are", async () => {
    const wrong = await cluster.request("POST", "/v1/indexes/demo/search", { quarry: "x" });
    expect(wrong.status).toBe(400);
    expect(check.misfits({ method: "POST", path: "/v1/indexes/demo/search" }, wrong)).toEqual([]);
    const absent = await cluster.request("GET", "/v1/indexes/demo/documents/nobody");
    expect(absent.status).toBe(404);
    expect(check.misfits({ method: "GET", path: "/v1/indexes/demo/documents/nobody" }, absent)).toEqual([]);
    const books = "/v1/indexes/demo/documents";
    const refused: [status: number, method: string, path: string, body: unknown][] = [
      [400, "GET", "/v1/indexes?foo=1", undefined],
      [400, "DELETE", `${books}/1?foo=1`, undefined],
      [400, "PUT", `${books}/1`, "{"],
      [413, "POST", "/v1/indexes/demo/search", `{"query":"${"x".repeat(33 << 20)}"}`],
      [415, "POST", "/v1/indexes/demo/search", new RawBody({ "content-type": "text/xml" }, "<x/>")],
      [415, "PUT", `${books}/1`, new RawBody({ "content-type": "text/xml" }, "<x/>")],
      [415, "DELETE", `${books}/1`, new RawBody({ "content-type": "text/xml" }, "<x/>")],
      [415, "POST", "/v1/members", new RawBody({ "content-type": "text/xml" }, "<x/>")],
    ];
    for (const [status, method, path, body] of refused) {
      const answer = await cluster.request(method, path, body);
      expect([method, path, answer.status, check.misfits({ method, path }, answer)]).toEqual([
        method,
        path,
        status,
        [],
      ]);
    }
    const other = await cluster.request("POST", `${books}/1`, {});
    expect(other).toMatchObject({ status: 405, body: { code: "method_not_allowed" } });
    expect(String(recordOf(description.info).description)).toContain("405 (method_not_allowed)");
    const bent = check.misfits({ method: "GET", path: "/v1/indexes/demo" }, { status: 200, body: { index: 5 } });
    expect(bent).not.toEqual([]);
  });
});

describe("what the description says of errors that are hard to come by", () => {
  const codesOf = (operation: Record<string, unknown>): string =>
    Object.values(recordOf(operation.responses))
      .map((response) => String(recordOf(response).description))
      .join();
  /** Search and the lists know what they need. */
  const asking = operationsUnder(/^(PUT|DELETE) |aliases|documents/);

  it.each(asking)("is that the change log may be busy or broken: %s", async (key) => {
    const operation = described().find((one) => one.key === key)?.operation ?? {};
    expect(codesOf(operation)).toContain("`overloaded`");
    expect(codesOf(operation)).toContain("`storage_unavailable`");
    expect(codesOf(operation).includes("`write_uncertain`")).toBe(!key.startsWith("GET"));
  });

  it.each(operationsUnder(/aliases|\{index\}/))("is that a restore may be under way: %s", (key) => {
    expect(codesOf(described().find((one) => one.key === key)?.operation ?? {})).toContain("`not_ready`");
  });

  function operationsUnder(wanted: RegExp): string[] {
    return Object.keys(operations).filter((key) => / \/v1\/(indexes|aliases)/.test(key) && wanted.test(key));
  }
});

describe("what the description says of requests", () => {
  const parameterOf = (key: string, name: string): Record<string, unknown> => {
    const parameters = described().find((one) => one.key === key)?.operation.parameters;
    const named = Array.isArray(parameters) ? parameters.map((one) => recordOf(one)) : [];
    return recordOf(named.find((one) => one.name === name)?.schema);
  };

  it.each(["POST", "GET"])("is which priorities there are: %s", async (method) => {
    const { enum: words } = parameterOf(`${method} /v1/indexes/{index}/search`, "X-Priority");
    expect(words).toEqual(["interactive", "batch"]);
    for (const [word, status] of [
      ["interactive", 200],
      ["batch", 200],
      ["urgent", 400],
    ] as const) {
      const asked = new RawBody({ "x-priority": word }, undefined);
      expect([word, (await cluster.request(method, "/v1/indexes/demo/search", asked)).status]).toEqual([word, status]);
    }
  });

  it("is how long an Idempotency-Key may be", async () => {
    const { maxLength } = parameterOf("POST /v1/indexes/{index}/documents", "Idempotency-Key");
    const send = (key: string) =>
      cluster.request(
        "POST",
        "/v1/indexes/demo/documents",
        new RawBody({ "content-type": "application/json", "idempotency-key": key }, '[{"id": "keyed"}]'),
      );
    expect((await send("k".repeat(Number(maxLength)))).status).toBe(200);
    expect((await send("k".repeat(Number(maxLength) + 1))).status).toBe(400);
  });

  it("is whether they need a body", async () => {
    const isNeeded = (key: string): unknown =>
      recordOf(described().find((one) => one.key === key)?.operation.requestBody).required;
    expect((await cluster.request("POST", "/v1/indexes/demo/search")).status).toBe(200);
    expect(isNeeded("POST /v1/indexes/{index}/search")).toBe(false);
    expect((await cluster.request("POST", "/v1/indexes/demo/documents")).status).toBe(400);
    expect(isNeeded("POST /v1/indexes/{index}/documents")).toBe(true);
  });
});

describe("the conditions that the description names", () => {
  const path = "/v1/indexes/demo/documents/standing";
  const pattern = "/v1/indexes/{index}/documents/{id}";

  beforeAll(async () => {
    expect((await cluster.request("PUT", path, {})).status).toBe(201);
  });
  afterAll(() => cluster.request("DELETE", path));

  it.each(["PUT", "DELETE"])("are heeded by %s of a document", async (method) => {
    const parameters = described().find(({ key }) => key === `${method} ${pattern}`)?.operation.parameters;
    const named = Array.isArray(parameters) ? parameters.map((one) => recordOf(one)) : [];
    const conditions = named.filter((one) => one.in === "header").map(({ name }) => String(name));
    expect(conditions.toSorted()).toEqual(["If-Match", "If-None-Match"]);
    for (const condition of conditions) {
      const value = condition === "If-Match" ? '"1"' : "*";
      const headers = { [condition]: value, ...(method === "PUT" ? { "content-type": "application/json" } : {}) };
      const answer = await cluster.request(method, path, new RawBody(headers, method === "PUT" ? "{}" : undefined));
      expect([condition, answer.status, check.misfits({ method, path }, answer)]).toEqual([condition, 412, []]);
    }
  });
});

describe("every example of the description", () => {
  /** An index comes before its documents, and goes after them. */
  const place = (key: string): number => {
    if (key === "PUT /v1/indexes/{index}") return 0;
    if (key === "DELETE /v1/indexes/{index}") return 4;
    return key.startsWith("DELETE") ? 3 : key.includes("/documents") && !key.startsWith("GET") ? 1 : 2;
  };

  it("is answered as it says", async () => {
    const runnable = Object.entries(operations).filter(([key]) => !/members|backup|restore|metrics/.test(key));
    let count = 0;
    for (const [key, operation] of runnable.toSorted(([a], [b]) => place(a) - place(b))) {
      const [method = "", pattern = ""] = key.split(" ");
      const path = (operation.parameters ?? [])
        .filter((one) => one.in === "path")
        .reduce((text, { name, example }) => text.replace(`{${name}}`, String(example)), pattern);
      const bodies = Object.entries(operation.body ?? {}).flatMap(([type, { examples = {} }]) =>
        Object.values(examples).map(({ value }) =>
          typeof value === "string" ? new RawBody({ "content-type": type }, value) : value,
        ),
      );
      for (const body of bodies.length === 0 ? [undefined] : bodies) {
        const answer = await patiently(() => cluster.request(method, path, body));
        expect([key, body, answer.status < 300, check.misfits({ method, path }, answer)]).toEqual([
          key,
          body,
          true,
          [],
        ]);
        count++;
      }
    }
    expect(count).toBeGreaterThan(15);
  });
});

describe("every command of the README that talks to a cluster", () => {
  it("does what it is there for", async () => {
    const commands = shellCommands(await readFile(join(repository, "README.md"), "utf8"));
    let count = 0;
    for (const words of commands.filter(needsNoKey)) {
      if (words[0] === "printf") await run("sh", ["-c", `printf ${words.slice(1).map(quoted).join(" ")}`]);
      const request = curlRequest(words.includes(readmeUrl) || words.some(isOurs) ? words : []);
      if (request !== undefined) {
        await replay(request);
        count++;
      }
      if (words[0] === "npx" && ["search", "status", "import"].includes(words[2] ?? "")) {
        await run(process.execPath, [join(repository, "src/main.ts"), ...words.slice(2), "--url", cluster.url]);
        count++;
      }
    }
    expect(count).toBeGreaterThanOrEqual(9);
  });
});

/** Keys belong to a cluster that was started with them; the examples that show them are tested beside the keys. */
function needsNoKey(words: readonly string[]): boolean {
  return !words.includes("--key-file") && !words.some((word) => word.toLowerCase().startsWith("authorization:"));
}

function isOurs(word: string): boolean {
  return word.startsWith(`${readmeUrl}/`);
}

/** A redirection is the shell's; everything else is taken as it stands. */
function quoted(word: string): string {
  return word === ">" ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** An example with a budget of 100 ms may miss it on a machine that is busy: what counts is that it can be answered. */
async function patiently(ask: () => Promise<JsonAnswer>, isEnough = isAnswered): Promise<JsonAnswer> {
  for (let i = 0; i < 200; i++) {
    const answer = await ask();
    if (isEnough(answer)) return answer;
    await sleep(100);
  }
  return ask();
}

function isAnswered({ status }: JsonAnswer): boolean {
  return status < 500;
}

function hasHits({ body }: JsonAnswer): boolean {
  return Array.isArray(body.hits) && body.hits.some(isRecord);
}

async function replay(request: NonNullable<ReturnType<typeof curlRequest>>): Promise<void> {
  const { method, headers, body } = request;
  const path = request.url.slice(readmeUrl.length);
  const sent = body === undefined ? undefined : new RawBody(headers, body);
  const isSearch = path.includes("/search");
  // What the commands before have written can be found a moment later.
  const answer = await patiently(() => cluster.request(method, path, sent), isSearch ? hasHits : isAnswered);
  expect([path, answer.status < 300, check.misfits({ method, path }, answer)]).toEqual([path, true, []]);
  if (isSearch) expect([path, body, hasHits(answer)]).toEqual([path, body, true]);
}

/** Runs a program in the test's own directory; its output is looked at only when it fails. */
async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([program, args, code, said]).toEqual([program, args, 0, expect.any(String)]);
}
