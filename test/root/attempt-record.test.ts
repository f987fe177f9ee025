import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ShardReply } from "../../src/protocol/link.ts";
import { type AttemptRecord, leafTimeline } from "../../src/root/attempt-record.ts";
import { profileOf } from "../../src/root/profile.ts";

const reply: ShardReply = {
  outcome: "complete",
  documents: 1,
  documentsTotal: 1,
  sequence: 1,
  total: 0,
  totalExact: true,
  hits: [],
  documentSizesBytes: [],
  queuedMs: 0,
  tookMs: 0,
};

const sent: AttemptRecord = {
  shard: 0,
  purpose: "first",
  leaf: "leaf-1",
  budgetMs: 100,
  sentMs: 0,
  end: "open",
  endedMs: undefined,
  won: false,
  code: undefined,
  reply: undefined,
  offset: undefined,
  batch: undefined,
};

const duration = fc.double({ min: 0, max: 50, noNaN: true });

describe("an attempt's time on its leaf", () => {
  it("is told in the root's clock within the error stated, with and without pings, in the order things happened", () => {
    const told = fc.record({
      offsetMs: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      knownMs: fc.option(fc.record({ below: duration, above: duration }), { nil: undefined }),
      profiled: fc.boolean(),
      sentMs: duration,
      thereMs: duration,
      queuedMs: duration,
      tookMs: duration,
      backMs: duration,
    });
    fc.assert(
      fc.property(told, ({ offsetMs, knownMs, profiled, sentMs, thereMs, queuedMs, tookMs, backMs }) => {
        const arrivedMs = sentMs + thereMs;
        const startedMs = arrivedMs + queuedMs;
        const repliedMs = startedMs + tookMs;
        const theirs = {
          arrivedMs: arrivedMs + offsetMs,
          startedMs: startedMs + offsetMs,
          repliedMs: repliedMs + offsetMs,
        };
        const profile = { ...theirs, kernelMs: tookMs, slices: 1, postings: 7 };
        const timeline = leafTimeline({
          ...sent,
          sentMs,
          end: "answered",
          endedMs: repliedMs + backMs,
          reply: { ...reply, queuedMs, tookMs, ...(profiled ? { profile } : {}) },
          offset: knownMs && { lowMs: offsetMs - knownMs.below, highMs: offsetMs + knownMs.above },
        });
        if (timeline === undefined) throw new Error("an answer without a timeline");
        const slack = timeline.clockErrorMs + 1e-6;
        expect(Math.abs(timeline.arrivedMs - arrivedMs)).toBeLessThanOrEqual(slack);
        expect(Math.abs(timeline.startedMs - startedMs)).toBeLessThanOrEqual(slack);
        expect(Math.abs(timeline.repliedMs - repliedMs)).toBeLessThanOrEqual(slack);
        expect(timeline.clockErrorMs).toBeLessThanOrEqual((thereMs + backMs) / 2 + 1e-6);
        const order = [sentMs, timeline.arrivedMs, timeline.startedMs, timeline.repliedMs, repliedMs + backMs];
        for (let i = 1; i < order.length; i++) expect(order[i] ?? 0).toBeGreaterThanOrEqual((order[i - 1] ?? 0) - 1e-6);
      }),
      { seed: 109 },
    );
  });

  it("is not told of what was never answered", () => {
    expect(leafTimeline(sent)).toBeUndefined();
    expect(leafTimeline({ ...sent, end: "cancelled", endedMs: 3 })).toBeUndefined();
  });
});

it("a profile has all attempts from the request's arrival on, in the order of sending", () => {
  const times = { startMs: 100, plannedMs: 101, gatheredMs: 130, deadlineMs: 340 };
  const lost: AttemptRecord = { ...sent, sentMs: 102, end: "cancelled", endedMs: 130 };
  const hedge: AttemptRecord = {
    ...sent,
    ...{ purpose: "hedge", leaf: "leaf-2", sentMs: 120, end: "answered", endedMs: 130, won: true },
    reply: {
      ...reply,
      queuedMs: 1,
      tookMs: 5,
      profile: { arrivedMs: 51, startedMs: 52, repliedMs: 57, kernelMs: 4, slices: 5, postings: 900 },
    },
    offset: { lowMs: -71, highMs: -70 },
  };
  expect(profileOf([hedge, lost], times)).toEqual({
    plannedMs: 1,
    gatheredMs: 30,
    deadlineMs: 240,
    attempts: [
      {
        ...{ shard: 0, purpose: "first", leaf: "leaf-1", budgetMs: 100 },
        ...{ sentMs: 2, endedMs: 30, end: "cancelled", won: false },
      },
      {
        ...{ shard: 0, purpose: "hedge", leaf: "leaf-2", budgetMs: 100 },
        ...{ sentMs: 20, endedMs: 30, end: "answered", won: true },
        onLeaf: {
          ...{ arrivedMs: 21.5, startedMs: 22.5, repliedMs: 27.5, queuedMs: 1, kernelMs: 4 },
          ...{ slices: 5, postings: 900, clockErrorMs: 0.5 },
        },
      },
    ],
  });
});
