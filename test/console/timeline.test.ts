import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SearchAnswer, ShardAnswer } from "../../src/console/page/answers.ts";
import { timelineOf } from "../../src/console/page/timeline.ts";
import type { AttemptProfile } from "../../src/protocol/answer-profile.ts";

const timing = { budgetMs: 100, tookMs: 12, queuedMs: 0.5, planMs: 0.5, scatterMs: 10, mergeMs: 1 };

function shardOf(shard: number, outcome: ShardAnswer["outcome"] = "complete"): ShardAnswer {
  return { shard, outcome, leaf: "leaf-1", attempts: 1, hedged: false, tookMs: 4, documents: 10 };
}

function attemptOf(part: Partial<AttemptProfile>): AttemptProfile {
  const usual = { shard: 0, leaf: "leaf-1", budgetMs: 90, sentMs: 1, endedMs: 5, won: true };
  return { ...usual, purpose: "first", end: "answered", ...part };
}

function answerOf(shards: ShardAnswer[], attempts?: AttemptProfile[]): SearchAnswer {
  return {
    index: "demo",
    hits: [],
    total: { value: 0, exact: true },
    complete: true,
    coverage: { documents: 1, shards: { total: shards.length, complete: shards.length, truncated: 0, missing: 0 } },
    shards,
    statistics: { epoch: "e", documents: 10 },
    timing,
    ...(attempts === undefined
      ? {}
      : { profile: { plannedMs: 1, gatheredMs: 11, deadlineMs: timing.budgetMs, attempts } }),
    traceId: "t",
  };
}

const instant = fc.double({ min: -5, max: 40, noNaN: true });
const someAttempt = fc
  .record({
    sentMs: fc.double({ min: 0, max: 10, noNaN: true }),
    lengthMs: fc.double({ min: 0, max: 30, noNaN: true }),
  })
  .chain(({ sentMs, lengthMs }) =>
    fc.record({ arrivedMs: instant, startedMs: instant, repliedMs: instant, won: fc.boolean() }).map((found) => {
      const { won, ...instants } = found;
      const rest = { queuedMs: 0, kernelMs: 0, slices: 1, postings: 1, clockErrorMs: 1 };
      return attemptOf({ sentMs, endedMs: sentMs + lengthMs, won, onLeaf: { ...instants, ...rest } });
    }),
  );

describe("the way of a query", () => {
  it("is drawn without gaps, in order and inside its width, however wrong the leaves' clocks are", () => {
    fc.assert(
      fc.property(
        fc.array(someAttempt, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 500 }),
        (all, deadline) => {
          const answer = answerOf([shardOf(0)], all);
          const { rows, place, deadlineMs } = timelineOf({ ...answer, timing: { ...timing, budgetMs: deadline } });
          expect(rows.length).toBe(all.length + 1);
          for (const { stretches } of rows.slice(1)) {
            stretches.forEach(({ fromMs, toMs }, i) => {
              expect(toMs).toBeGreaterThanOrEqual(fromMs);
              if (i > 0) expect(fromMs).toBe(stretches[i - 1]?.toMs);
              expect(place(fromMs)).toBeGreaterThanOrEqual(0);
              expect(place(toMs)).toBeLessThanOrEqual(1);
              expect(place(toMs)).toBeGreaterThanOrEqual(place(fromMs));
            });
          }
          expect(place(deadlineMs)).toBeLessThanOrEqual(1);
        },
      ),
      { seed: 92 },
    );
  });

  it("has the deadline beyond everything that came before it", () => {
    for (const budgetMs of [12.5, 18, 250, 60_000]) {
      const { place, isBroken } = timelineOf({ ...answerOf([shardOf(0)]), timing: { ...timing, budgetMs } });
      expect(place(budgetMs)).toBeGreaterThan(place(timing.tookMs));
      expect(isBroken).toBe(budgetMs > 100);
    }
  });

  it("says how each attempt ended, and which decided its shard", () => {
    const hung = attemptOf({ leaf: "leaf-1", end: "cancelled", endedMs: 8, won: false });
    const hedge = attemptOf({ leaf: "leaf-2", purpose: "hedge", sentMs: 3, endedMs: 7 });
    const failed = attemptOf({ shard: 1, end: "failed", code: "unreachable", won: false });
    const open = attemptOf({ shard: 2, end: "open", endedMs: null, won: false });
    const answer = answerOf(
      [shardOf(0, "truncated"), shardOf(1, "failed"), shardOf(2, "late")],
      [hung, hedge, failed, open],
    );
    const rows = timelineOf(answer).rows.slice(1);
    const told = rows.map(({ name, kind, outcome }) => [name, kind, outcome]);
    expect(told).toEqual([
      ["shard 0", "first", "cancelled"],
      ["shard 0", "hedge", "truncated"],
      ["shard 1", "first", "unreachable"],
      ["shard 2", "first", "late"],
    ]);
    expect(rows.map(({ stretches }) => stretches[0])).toEqual([
      { kind: "cancelled", fromMs: 1, toMs: 8 },
      { kind: "truncated", fromMs: 3, toMs: 7 },
      { kind: "missing", fromMs: 1, toMs: 5 },
      { kind: "missing", fromMs: 1, toMs: 11 },
    ]);
  });

  it("leaves no shard out, not even one that nobody could be asked for", () => {
    const rows = timelineOf(answerOf([shardOf(0), { ...shardOf(1, "unavailable"), leaf: null }], [attemptOf({})])).rows;
    expect(rows.map(({ name, detail }) => [name, detail])).toEqual([
      ["root", ""],
      ["shard 0", "leaf-1"],
      ["shard 1", "no replica"],
    ]);
  });
});
