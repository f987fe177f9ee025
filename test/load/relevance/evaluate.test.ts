import { createServer, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { Collection } from "../../../load/relevance/collection.ts";
import { evaluate } from "../../../load/relevance/evaluate.ts";
import { IndexClient } from "../../../load/relevance/index-client.ts";
import { asJson, asTable } from "../../../load/relevance/report.ts";
import type { Timers } from "../../../src/time.ts";

type Asked = { method: string; path: string; type: string; body: string };
type Reply = { status: number; body: unknown; retryAfter?: string };
type Answering = (asked: Asked, count: number) => Reply;

const options = { shards: 4, replicas: 1, k1: 0.9, b: 0.4, language: "en" };

const collection: Collection = {
  name: "tiny",
  queries: [
    { id: "q1", text: 'first: "one"', judgments: new Map([["d1", 1]]) },
    { id: "q2", text: "second", judgments: new Map([["d2", 1]]) },
    { id: "q3", text: "***", judgments: new Map([["d2", 1]]) },
  ],
  async *documents() {
    yield { id: "d1", text: "first one" };
    yield { id: "d2", text: "second two" };
  },
};

/** Timers under which nobody waits. */
const atOnce: Timers = {
  after(_, run) {
    const handle = setImmediate(run);
    return { cancel: () => clearImmediate(handle) };
  },
};

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server that answers as told and remembers what it was asked. */
async function stub(answering: Answering): Promise<{ client: IndexClient; asked: Asked[] }> {
  const asked: Asked[] = [];
  const started = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    const one = { method, path: url, type: headers["content-type"] ?? "", body: await text(request) };
    asked.push(one);
    send(response, answering(one, asked.length));
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const address = started.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { client: new IndexClient(`http://127.0.0.1:${port}`, "judged", atOnce), asked };
}

function send(response: ServerResponse, { status, body, retryAfter }: Reply): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
  });
  response.end(JSON.stringify(body));
}

const found = (ids: readonly string[], rest: { complete?: boolean; documents?: number } = {}): Reply => ({
  status: 200,
  body: {
    hits: ids.map((id) => ({ id, score: 1, settled: true, document: {} })),
    complete: rest.complete ?? true,
    statistics: { epoch: "e", documents: rest.documents ?? 2 },
  },
});

/** Behaves: takes everything, and ranks d1 first and d2 second for whatever is asked. */
const sound: Answering = ({ method, path }) => {
  if (method === "PUT") return { status: 201, body: { index: "judged" } };
  if (path.endsWith("/documents")) return { status: 200, body: { accepted: 2, rejected: [], token: "2" } };
  return found(["d1", "d2"]);
};

describe("evaluate", () => {
  it("loads one flat field with the parameters given, asks plain words, and scores the answers", async () => {
    const { client, asked } = await stub(sound);
    const evaluation = await evaluate(collection, client, options);
    // q1 has its document first, q2 second; q3 holds no word, so it is not asked and counts as nothing.
    const ndcg10 = (1 + 1 / Math.log2(3)) / 3;
    expect(evaluation).toEqual({
      documents: 2,
      queries: 3,
      ndcg10: expect.closeTo(ndcg10, 12),
      map: 0.5,
      recall100: 2 / 3,
    });
    expect(asked.slice(0, 2).map(({ method, path, type }) => [method, path, type])).toEqual([
      ["PUT", "/v1/indexes/judged", "application/json"],
      ["POST", "/v1/indexes/judged/documents", "application/x-ndjson"],
    ]);
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({
      fields: { text: { type: "text" } },
      bm25: { k1: 0.9, b: 0.4 },
      ...{ shards: 4, replicas: 1, language: "en" },
    });
    expect(asked[1]?.body).toBe('{"id":"d1","text":"first one"}\n{"id":"d2","text":"second two"}\n');
    const searches = asked.slice(2).map(({ body }): { query: string; size: number } => JSON.parse(body));
    expect(searches.map(({ query, size }) => [query, size])).toEqual([
      ["", 0],
      ["first one", 100],
      ["second", 100],
    ]);
  });

  it("waits until every document can be found", async () => {
    const { client, asked } = await stub((one, count) => {
      if (count === 3) return found([], { complete: false });
      if (count === 4) return found([], { documents: 1 });
      return sound(one, count);
    });
    expect((await evaluate(collection, client, options)).queries).toBe(3);
    expect(asked.filter(({ body }) => body.includes('"query":""'))).toHaveLength(3);
  });

  it("sends again what the cluster only asked to wait with", async () => {
    const { client, asked } = await stub((one, count) =>
      count <= 2 ? { status: count === 1 ? 429 : 503, body: {}, retryAfter: "0" } : sound(one, count),
    );
    await evaluate(collection, client, options);
    expect(asked.filter(({ method }) => method === "PUT")).toHaveLength(3);
  });

  it.each<[string, Answering, string]>([
    ["a refused index", () => ({ status: 400, body: { detail: "no such language" } }), "no such language"],
    [
      "a rejected document",
      (one, count) =>
        one.path.endsWith("/documents")
          ? { status: 200, body: { accepted: 1, rejected: [{ line: 2, detail: "too long" }], token: "1" } }
          : sound(one, count),
      "too long",
    ],
    [
      "an answer that rests on less than everything",
      (one, count) =>
        one.body.includes("second") && count > 3 ? found(["d2"], { complete: false }) : sound(one, count),
      "query q2",
    ],
    [
      "an answer of another shape",
      (one, count) => (count > 2 ? { status: 200, body: {} } : sound(one, count)),
      "expected an object",
    ],
  ])("gives no figures on %s", async (_, answering, complaint) => {
    const { client } = await stub(answering);
    await expect(evaluate(collection, client, options)).rejects.toThrow(complaint);
  });
});

describe("the report", () => {
  const evaluation = { documents: 5183, queries: 300, ndcg10: 0.678912, map: 0.63, recall100: 0.9253 };

  it("is exactly the figures as JSON, on one line", () => {
    const line = asJson("scifact", evaluation);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(JSON.parse(line)).toEqual({
      ...{ collection: "scifact", queries: 300 },
      ...{ ndcg10: 0.678912, map: 0.63, recall100: 0.9253 },
    });
  });

  it("is a table of two lines whose columns line up", () => {
    const [head = "", row = "", end] = asTable("scifact", evaluation).split("\n");
    expect(head.length).toBe(row.length);
    expect(row).toContain("0.6789");
    expect(head.indexOf("nDCG@10") + "nDCG@10".length).toBe(row.indexOf("0.6789") + "0.6789".length);
    expect(end).toBe("");
  });
});
