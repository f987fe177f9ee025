import { crc32, deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { cursorLengthMax } from "../../src/protocol/search-request.ts";
import { requestTo, startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 2 });
  const fields = { title: { type: "text" }, body: { type: "text" } };
  for (const index of ["books", "secret"]) {
    await cluster.request("PUT", `/v1/indexes/${index}`, { fields, shards: 2, replicas: 2 });
    const documents = Array.from({ length: 20 }, (_, i) => ({ id: `${i}`, title: "wind", body: `the river ${i}` }));
    await cluster.load(index, documents);
  }
});
afterAll(() => cluster.close());

type Clause = { occur: string; terms: { term: string; weight: number }[] } & Record<string, unknown>;
type Content = { clauses: Clause[]; matchAtLeast: number };

/** A cursor as anyone can write it. */
function forge(text: string): string {
  const payload = `~${deflateRawSync(text, { level: 9 }).toString("base64url")}`;
  return `${payload}.${crc32(payload).toString(36)}-${payload.length.toString(36)}`;
}

const asked = { query: "wind river", size: 3 };

async function ownContent(): Promise<Content> {
  const { body } = await cluster.request("POST", "/v1/indexes/books/search", asked);
  return JSON.parse(Buffer.from(String(body.cursor).split(".")[0] ?? "", "base64url").toString());
}

describe("a forged cursor", () => {
  it.each<[string, (content: Content) => void]>([
    [
      "fields that outweigh everything",
      ({ clauses }) => Object.assign(clauses[0] ?? {}, { fieldBoosts: [1e308, 1e308] }),
    ],
    ["words that outweigh everything", ({ clauses }) => Object.assign(clauses[0]?.terms[0] ?? {}, { weight: 1.7e308 })],
    [
      "more words than a query has",
      (content) => Object.assign(content, { clauses: Array(1025).fill(content.clauses[0]) }),
    ],
    ["more words to match than there are", (content) => Object.assign(content, { matchAtLeast: 1e9 })],
    [
      "words that stand half a word apart",
      ({ clauses }) => Object.assign(clauses[0] ?? {}, { phrase: [{ term: clauses[0]?.terms[0]?.term, offset: 0.5 }] }),
    ],
  ])("with %s is refused as any request that makes no sense, and other searches go on", async (_what, change) => {
    const content = await ownContent();
    change(content);
    const cursor = forge(JSON.stringify(content));
    for (let i = 0; i < 3; i++) {
      const answer = await cluster.request("POST", "/v1/indexes/books/search", { ...asked, cursor });
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request", errors: [{ path: "/cursor" }] } });
      const other = { query: "river", cache: false };
      expect(await cluster.request("POST", "/v1/indexes/secret/search", other)).toMatchObject({
        status: 200,
        body: { complete: true },
      });
    }
    const { body } = await cluster.request("GET", "/v1/cluster");
    const members = Array.isArray(body.members) ? body.members.filter(isRecord) : [];
    expect(members.map(({ trouble }) => trouble)).toEqual([null, null]);
  });

  it("is not longer than any that an answer carries, and is read before it is parsed", async () => {
    const long = { ...asked, cursor: "x".repeat(cursorLengthMax + 1) };
    for (const body of [long, { ...asked, cursor: forge("[".repeat(8 << 20)) }]) {
      const answer = await cluster.request("POST", "/v1/indexes/books/search", body);
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request", errors: [{ path: "/cursor" }] } });
    }
  });
});

describe("a plan whose numbers no score can hold", () => {
  const plan = {
    ...{ index: "books", epoch: "e", bm25: { k1: 1.2, b: 0.75 }, fieldBoosts: [1, 1], averageLengths: [1, 3] },
    ...{ clauses: [{ occur: "optional", terms: [{ term: "wind", weight: 2 }] }], matchAtLeast: 1, top: 10 },
  };

  it.each<[string, object]>([
    ["boosts", { fieldBoosts: [1e308, 1e308], averageLengths: [1000, 1000] }],
    ["averages", { bm25: { k1: 1.2, b: 1 }, averageLengths: [1e308, 1e308], fieldBoosts: [1000, 1000] }],
    ["weights", { clauses: Array(9).fill({ occur: "optional", terms: [{ term: "wind", weight: 1.7e308 }] }) }],
  ])("is refused by a leaf for its %s, and others are answered", async (_what, numbers) => {
    const { body } = await cluster.request("GET", "/v1/indexes/books");
    const { incarnation } = body;
    const leaf = requestTo(cluster.leafUrls[0]?.split("=")[1] ?? "");
    const ask = (given: object) =>
      leaf("POST", "/v1/shards/books/0/search", { plan: { ...plan, incarnation, ...given } });
    expect(await ask(numbers)).toMatchObject({
      status: 400,
      body: { code: "invalid_request", errors: [{ path: "/plan" }] },
    });
    expect(await ask({})).toMatchObject({ status: 200, body: { outcome: "complete" } });
  });
});
