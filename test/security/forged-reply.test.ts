import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameWriter } from "../../src/protocol/frame-writer.ts";
import { createFrameDecoder, frameKind } from "../../src/protocol/frames.ts";
import { shardOf } from "../../src/protocol/hashing.ts";
import type { ShardReply } from "../../src/protocol/link.ts";
import { writeAnswer } from "../../src/root/answer.ts";
import { foreignHit, isOneObject } from "../../src/root/reply-check.ts";
import { startCluster } from "../support/cluster.ts";
import { scriptedPeer } from "../support/links.ts";
import { eventually } from "../support/up.ts";

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

describe("a leaf that was taken over", () => {
  it("is not believed about another shard: its answer does not count and its sibling is asked", async () => {
    let liar = "";
    let lies = 0;
    const peer = await scriptedPeer({
      onSocket(socket) {
        const writer = createFrameWriter(socket);
        const decoder = createFrameDecoder((kind, request, payload) => {
          if (kind === frameKind.ping) writer.pong(request, 0);
          if (kind === frameKind.call) writer.message("answer", request, { head: callAnswer(payload), body: [] });
          if (kind !== frameKind.search) return;
          lies++;
          writer.reply(request, { ...reply, hits: [{ id: liar, score: 99 }] }, []);
        });
        socket.on("data", (chunk: Buffer) => decoder.push(chunk));
      },
    });
    const cluster = await startCluster({ leaves: 1, elsewhere: [`liar=${peer.url}`] });
    try {
      const settings = { fields: { title: { type: "text" } }, shards: 2, replicas: 2 };
      await cluster.request("PUT", "/v1/indexes/books", settings);
      await cluster.load("books", [
        { id: "a", title: "wind" },
        { id: "b", title: "wind" },
        { id: "c", title: "wind" },
      ]);
      liar = "forged";
      await eventually("both replicas of each shard serve", async () => {
        const { body } = await cluster.request("GET", "/readyz");
        return body.status === "ready";
      });
      const foreign = 1 - shardOf(liar, 2);
      for (let i = 0; i < 40; i++) {
        const query = { query: "wind", cache: false, budgetMs: 5000 };
        const { status, body } = await cluster.request("POST", "/v1/indexes/books/search", query);
        expect(status).toBe(200);
        const shard = Array.isArray(body.shards) ? body.shards[foreign] : undefined;
        expect(shard).toMatchObject({ shard: foreign, outcome: "complete", leaf: "leaf-1" });
      }
      expect(lies).toBeGreaterThan(0);
    } finally {
      await cluster.close();
      peer.close();
    }
  });
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
