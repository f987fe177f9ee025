import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { policyDefaults } from "../../src/policy/settings.ts";
import { readSearchPayload } from "../../src/protocol/frame-payload.ts";
import { createFrameWriter } from "../../src/protocol/frame-writer.ts";
import { createFrameDecoder, frameKind } from "../../src/protocol/frames.ts";
import { shardOf } from "../../src/protocol/hashing.ts";
import type { ShardReply } from "../../src/protocol/link.ts";
import { writeAnswer } from "../../src/root/answer.ts";
import { foreignHit } from "../../src/root/foreign-hit.ts";
import { isOneObject } from "../../src/root/one-object.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { rawFrame, scriptedPeer, searched, watchedLink } from "../support/links.ts";
import { eventually } from "../support/up.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("the check of replies", () => {
  it("finds every id that belongs to another shard, and no other", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1 })),
        fc.integer({ min: 1, max: 64 }),
        fc.nat(63),
        (ids, shards, lot) => {
          const shard = lot % shards;
          const found = foreignHit(
            ids.map((id) => ({ id })),
            { shard, shards },
          );
          expect(found?.id).toBe(ids.find((id) => shardOf(id, shards) !== shard));
        },
      ),
      { seed: 5, numRuns: 500 },
    );
  });

  it("takes every JSON object as one, whatever stands in it", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        expect(isOneObject(Buffer.from(JSON.stringify(object)))).toBe(true);
      }),
      { seed: 6, numRuns: 1000 },
    );
  });

  it("takes nothing that could end its place in an answer: no further hit appears, whatever is sent", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "{",
        "}",
        "[",
        "]",
        '"',
        "\\",
        ",",
        ":",
        '{"a":1}',
        '},{"id":"forged","document":{',
        '"a":1',
        "}}",
        '\\"',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(piece, { maxLength: 12 }), (first, second) => {
        const hits = [first, second].map((pieces, i) => {
          return { hit: { id: `own-${i}`, score: 1 }, source: Buffer.from(`{${pieces.join("")}}`), settled: true };
        });
        const text = writeAnswer("x", hits, {}).toString();
        let answer: { hits: { id: string }[] };
        try {
          answer = JSON.parse(text);
        } catch {
          return;
        }
        expect(answer.hits.map(({ id }) => id)).toEqual(["own-0", "own-1"]);
        expect(Object.keys(answer)).toEqual(["index", "hits"]);
      }),
      { seed: 8, numRuns: 20_000 },
    );
  });

  it("keeps a forged document out of the answer it would have broken open", () => {
    const forged = '{"a":1},"score":99,"settled":true},{"id":"forged","score":98,"settled":true,"document":{"b":2}';
    const hit = { hit: { id: "own", score: 1 }, source: Buffer.from(`${forged}}`), settled: true };
    expect(isOneObject(hit.source)).toBe(false);
    expect(JSON.parse(writeAnswer("x", [hit], {}).toString()).hits).toEqual([{ id: "own", score: 1, settled: true }]);
  });
});

/** A cluster in which each shard has a replica on a leaf that answers every search with what it is told to. */
async function withLiar(answer: (shard: number) => ShardReply): Promise<{ cluster: TestCluster; lies: () => number }> {
  let lies = 0;
  const peer = await scriptedPeer({
    onSocket(socket) {
      const writer = createFrameWriter(socket);
      const decoder = createFrameDecoder((kind, request, payload) => {
        if (kind === frameKind.ping) writer.pong(request, 0);
        if (kind === frameKind.call) writer.message("answer", request, { head: callAnswer(payload), body: [] });
        if (kind !== frameKind.search) return;
        lies++;
        writer.reply(request, answer(readSearchPayload(payload).shard), []);
      });
      socket.on("data", (chunk: Buffer) => decoder.push(chunk));
    },
  });
  closing.push(() => peer.close());
  // In turn: a replica whose first answer was a slow one would have no other shard's lies heard otherwise.
  const policy = { ...policyDefaults, choice: { ...policyDefaults.choice, rule: "round-robin" } } as const;
  const cluster = await startCluster({ leaves: 1, elsewhere: [`liar=${peer.url}`], policy });
  closing.push(() => cluster.close());
  const settings = { fields: { title: { type: "text" } }, shards: 2, replicas: 2 };
  await cluster.request("PUT", "/v1/indexes/books", settings);
  await cluster.load("books", [
    { id: "a", title: "wind" },
    { id: "b", title: "wind" },
    { id: "c", title: "wind" },
  ]);
  await eventually("both replicas of each shard serve", async () => {
    const { body } = await cluster.request("GET", "/readyz");
    return body.status === "ready";
  });
  return { cluster, lies: () => lies };
}

describe("a leaf that was taken over", () => {
  it("is not believed about another shard: its answer does not count and its sibling is asked", async () => {
    let liar = "";
    const { cluster, lies } = await withLiar(() => ({ ...reply, hits: [{ id: liar, score: 99 }] }));
    liar = "forged";
    const foreign = 1 - shardOf(liar, 2);
    for (let i = 0; i < 40; i++) {
      const query = { query: "wind", cache: false, budgetMs: 5000 };
      const { status, body } = await cluster.request("POST", "/v1/indexes/books/search", query);
      expect(status).toBe(200);
      const shard = Array.isArray(body.shards) ? body.shards[foreign] : undefined;
      expect(shard).toMatchObject({ shard: foreign, outcome: "complete", leaf: "leaf-1" });
    }
    expect(lies()).toBeGreaterThan(0);
  });

  it("spoils no other search with a reply that makes no sense: its sibling is asked, and it is counted", async () => {
    // Nonsense from one shard alone: retries for two would outrun what the attempt budget begins with.
    const { cluster, lies } = await withLiar((shard) => {
      return shard === 0 ? { ...reply, hits: [{ id: "a", score: Number.NaN }] } : { ...reply, documentSizesBytes: [] };
    });
    for (let i = 0; i < 40; i++) {
      const query = { query: "wind", cache: false, budgetMs: 5000 };
      const { status, body } = await cluster.request("POST", "/v1/indexes/books/search", query);
      expect(status).toBe(200);
      expect(body).toMatchObject({ complete: true, shards: [{ leaf: "leaf-1", outcome: "complete" }, {}] });
    }
    expect(lies()).toBeGreaterThan(0);
    const { body } = await cluster.request("GET", "/v1/cluster");
    const members = Array.isArray(body.members) ? body.members : [];
    expect(members.map(({ connected, trouble }) => ({ connected, trouble }))).toEqual(
      Array(2).fill({ connected: true, trouble: null }),
    );
    const metrics = await (await fetch(`${cluster.url}/metrics`)).text();
    expect(metrics).toMatch(/hedgerow_root_attempt_errors_total\{code="bad_reply"\} [1-9]/);
    expect(metrics).toContain('hedgerow_root_attempt_errors_total{code="disconnected"} 0');
  });

  it.each([
    ["no reply at all", Buffer.from([2, 0, 0, 0, 0x7b, 0x7d]), "cut short"],
    ["hits that are not there", Buffer.alloc(57).fill(0xff), "cut short"],
    ["more than it says", Buffer.alloc(60), "fill"],
  ])(
    "fails one search alone with a whole frame of %s: the link and the others on it stay",
    async (_what, bytes, why) => {
      let first: number | undefined;
      const peer = await scriptedPeer({
        onSocket(socket) {
          const writer = createFrameWriter(socket);
          const decoder = createFrameDecoder((kind, request) => {
            if (kind !== frameKind.search) return;
            if (first === undefined) {
              first = request;
              return;
            }
            socket.write(rawFrame(frameKind.reply, request, bytes));
            writer.reply(first, { ...reply, documentSizesBytes: [] }, []);
          });
          socket.on("data", (chunk: Buffer) => decoder.push(chunk));
        },
      });
      closing.push(() => peer.close());
      const told: string[] = [];
      const watched = watchedLink({ url: peer.url, onBadReply: (detail) => void told.push(detail) });
      closing.push(() => watched.link.close());
      await watched.until(({ connected }) => connected);
      const other = searched(watched.link, { plan: Buffer.from("{}") });
      const spoilt = searched(watched.link, { plan: Buffer.from("{}") });
      expect(await spoilt.ended).toMatchObject({ kind: "error", error: { code: "bad_reply" } });
      expect((await other.ended).kind).toBe("reply");
      expect(told).toEqual([expect.stringContaining(why)]);
      expect(watched.link).toMatchObject({ connected: true, inflight: 0 });
    },
  );
});

const reply: ShardReply = {
  outcome: "complete",
  documents: 1,
  documentsTotal: 1,
  sequence: 1,
  total: 1,
  totalExact: true,
  hits: [],
  documentSizesBytes: [0],
  queuedMs: 0,
  tookMs: 0,
};

/** What a leaf would answer to a root's calls if it had done what they ask. */
function callAnswer(payload: Buffer): object {
  const { name, params } = JSON.parse(payload.subarray(4, 4 + payload.readUInt32LE(0)).toString());
  if (name === "open") return { sequence: 0, documents: 0 };
  if (name === "apply") return { sequence: params.upTo };
  if (name === "status") return { replicas: [] };
  if (name !== "statistics") return {};
  const cursor = { journal: "j", version: 0 };
  return {
    sequence: 9,
    documents: 0,
    reset: true,
    more: false,
    cursor,
    lengths: [0],
    terms: [],
    counts: [],
    limits: [],
    limitRows: [],
  };
}
