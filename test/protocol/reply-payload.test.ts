import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameError } from "../../src/protocol/frames.ts";
import type { ShardReply } from "../../src/protocol/link.ts";
import { extrasOf, readReply, replyHeadBytesMax, writeReplyHead } from "../../src/protocol/reply-payload.ts";

const number = fc.double({ noDefaultInfinity: true, noNaN: true });
const id = fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.string({ unit: "grapheme", minLength: 1 }));
const sort = fc.array(fc.oneof(number, fc.string(), fc.constant(null)), { maxLength: 3 });
const count = fc.nat(1_000_000);
const facet = fc.record({
  values: fc.array(fc.tuple(fc.oneof(fc.string(), number), count), { maxLength: 3 }),
  ...{ missing: count, rest: count, error: count },
});
const documents = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 12 });

const message = documents.chain((bodies) =>
  fc.record({
    bodies: fc.constant(bodies),
    reply: fc.record<ShardReply>(
      {
        outcome: fc.constantFrom("complete", "truncated"),
        ...{
          documents: count,
          documentsTotal: count,
          sequence: fc.maxSafeNat(),
          total: count,
          totalExact: fc.boolean(),
        },
        hits: fc.array(
          fc.record(
            {
              ...{ id, score: number, sort },
              highlights: fc.dictionary(fc.string(), fc.array(fc.string(), { maxLength: 2 }), {
                noNullPrototype: true,
              }),
            },
            { requiredKeys: ["id", "score"] },
          ),
          { minLength: bodies.length, maxLength: bodies.length },
        ),
        documentSizesBytes: fc.constant(bodies.map((body) => body.length)),
        ...{ queuedMs: number, tookMs: number },
        facets: fc.array(facet, { maxLength: 2 }),
        profile: fc.record({
          ...{
            arrivedMs: number,
            startedMs: number,
            repliedMs: number,
            kernelMs: number,
            slices: count,
            postings: count,
          },
        }),
      },
      {
        requiredKeys: [
          "outcome",
          "documents",
          "documentsTotal",
          "sequence",
          "total",
          "totalExact",
          "hits",
          "documentSizesBytes",
          "queuedMs",
          "tookMs",
        ],
      },
    ),
  }),
);

function payloadOf({ reply, bodies }: { reply: ShardReply; bodies: readonly Uint8Array[] }): Buffer {
  const extras = extrasOf(reply);
  const head = Buffer.alloc(5 + replyHeadBytesMax(reply, extras));
  const sizeBytes = writeReplyHead({ bytes: head, view: new DataView(head.buffer, head.byteOffset, head.length) }, 5, {
    reply,
    extras,
  });
  expect(sizeBytes).toBeLessThanOrEqual(replyHeadBytesMax(reply, extras));
  return Buffer.concat([head.subarray(5, 5 + sizeBytes), ...bodies]);
}

test("a reply reads back as it was written, to the last bit", () => {
  fc.assert(
    fc.property(message, (written) => {
      const { reply, documents: body } = readReply(payloadOf(written));
      // What passes through JSON has no negative zero.
      expect(JSON.stringify(reply)).toBe(JSON.stringify(Object.assign({}, reply, written.reply)));
      expect(reply.hits.map(({ score }) => score)).toEqual(written.reply.hits.map(({ score }) => score));
      expect(Buffer.concat(written.bodies).equals(body)).toBe(true);
    }),
    { seed: 6, numRuns: 500 },
  );
});

test("a damaged reply is refused or read as another, and nothing else happens", () => {
  let refused = 0;
  fc.assert(
    fc.property(message, fc.nat(), fc.nat(255), fc.nat(40), (written, place, value, cut) => {
      const payload = payloadOf(written);
      payload[place % payload.length] = value;
      for (const bytes of [payload, payload.subarray(0, payload.length - cut), Buffer.concat([payload, payload])]) {
        try {
          const { reply } = readReply(bytes);
          expect(reply.hits).toHaveLength(reply.documentSizesBytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
          refused++;
        }
      }
    }),
    { seed: 7, numRuns: 1000 },
  );
  expect(refused).toBeGreaterThan(1000);
});

test("what stands twice, as a hit's id beside the ids, is refused", () => {
  const reply: ShardReply = {
    ...{ outcome: "complete", documents: 1, documentsTotal: 1, sequence: 1, total: 1, totalExact: true },
    hits: [{ id: "a", score: 1, sort: [1] }],
    ...{ documentSizesBytes: [0], queuedMs: 0, tookMs: 0 },
  };
  const payload = payloadOf({ reply, bodies: [] });
  expect(readReply(payload).reply).toEqual(reply);
  const forged = Buffer.from(payload.toString("latin1").replace('"sort":[1]', '"id"  :"b"'), "latin1");
  expect(() => readReply(forged)).toThrow(FrameError);
});
