import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareHits, type Hit } from "../../src/protocol/hit.ts";
import { writeAnswer } from "../../src/root/answer.ts";
import { mergeHits, type ShardAnswer } from "../../src/root/merge.ts";

type Document = { id: string; title: string };
type Scored = { hit: Hit; document: Document; shard: number };

const scored = fc
  .uniqueArray(
    fc.record({ id: fc.string({ minLength: 1 }), score: fc.integer({ min: 0, max: 5 }), shard: fc.nat(7) }),
    {
      selector: ({ id }) => id,
      maxLength: 60,
    },
  )
  .map((all): Scored[] =>
    all.map(({ id, score, shard }) => ({
      hit: { id, score: score / 3 },
      document: { id, title: `${id} "漢👍"` },
      shard,
    })),
  );

function answersOf(all: readonly Scored[], shards: number): ShardAnswer[] {
  return Array.from({ length: shards }, (_, shard) => {
    const own = all.filter((one) => one.shard % shards === shard).sort((a, b) => compareHits(a.hit, b.hit));
    const sources = own.map(({ document }) => Buffer.from(JSON.stringify(document)));
    const reply = {
      outcome: "complete" as const,
      documents: own.length,
      documentsTotal: own.length,
      sequence: 1,
      total: own.length,
      totalExact: true,
      hits: own.map(({ hit }) => hit),
      documentSizesBytes: sources.map((source) => source.length),
      queuedMs: 0,
      tookMs: 0,
    };
    return { shard, reply, documents: Buffer.concat(sources) };
  });
}

describe("mergeHits", () => {
  it("gives the page that sorting all hits would give, with each hit's own document, for any number of shards", () => {
    fc.assert(
      fc.property(scored, fc.integer({ min: 1, max: 8 }), fc.nat(70), fc.nat(20), (all, shards, from, size) => {
        const expected = [...all].sort((a, b) => compareHits(a.hit, b.hit)).slice(from, from + size);
        const page = mergeHits(answersOf(all, shards), { from, size, compare: compareHits, isSettled: () => true });
        expect(page.map(({ hit }) => hit)).toEqual(expected.map(({ hit }) => hit));
        const answer = JSON.parse(writeAnswer("demo", page, { total: 1 }).toString());
        expect(answer.hits.map(({ document }: { document: Document }) => document)).toEqual(
          expected.map(({ document }) => document),
        );
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it("settles no hit below one that is not", () => {
    fc.assert(
      fc.property(scored, fc.integer({ min: 1, max: 8 }), (all, shards) => {
        const isSettled = (hit: Hit): boolean => hit.id.length % 2 === 0;
        const page = mergeHits(answersOf(all, shards), { from: 0, size: 100, compare: compareHits, isSettled });
        const firstOpen = page.findIndex(({ hit }) => !isSettled(hit));
        const expected = page.map((_, rank) => firstOpen === -1 || rank < firstOpen);
        expect(page.map(({ settled }) => settled)).toEqual(expected);
      }),
      { seed: 22, numRuns: 300 },
    );
  });
});
