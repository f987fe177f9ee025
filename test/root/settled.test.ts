import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareHits, type Hit } from "../../src/protocol/hit.ts";
import type { Plan, PlanClause } from "../../src/protocol/plan.ts";
import { inverseDocumentFrequency } from "../../src/protocol/plan-numbers.ts";
import type { StatisticsCursor } from "../../src/protocol/statistics.ts";
import { GlobalStatistics } from "../../src/query/statistics.ts";
import { mergeHits, type ShardAnswer } from "../../src/root/merge.ts";
import { isSettledBy, type KnownIndex } from "../../src/root/settled.ts";
import { ChanceShard, type TestChange, testSettings } from "../engine/layout.ts";

const vocabulary = ["ash", "bee", "cat", "dog", "elm", "fox", "gnu", "hen"];
const text = (maxLength: number) => fc.array(fc.constantFrom(...vocabulary), { maxLength }).map((all) => all.join(" "));
const change: fc.Arbitrary<TestChange> = fc
  .record({ id: fc.nat(60).map((n) => `d${n}`), title: text(2), body: text(10), deleted: fc.nat(6) })
  .map(({ deleted, ...document }) => ({ id: document.id, document: deleted === 0 ? undefined : document }));
const history = fc.array(fc.array(change, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 });

const clause = fc
  .record({
    occur: fc.constantFrom("optional", "optional", "optional", "required", "excluded"),
    words: fc.uniqueArray(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 2 }),
    isPhrase: fc.boolean(),
    fieldBoosts: fc.option(fc.constantFrom([0, 1], [3, 0], [0.5, 2]), { freq: 4 }),
  })
  .map(
    ({ occur, words, isPhrase, fieldBoosts }): PlanClause => ({
      occur,
      terms: words.map((term) => ({ term, weight: 0 })),
      ...(isPhrase && words.length > 1 ? { phrase: words.map((term, offset) => ({ term, offset })) } : {}),
      ...(fieldBoosts === null ? {} : { fieldBoosts }),
    }),
  );

/** For each shard: whether it answers, is missing, or says only every other of its hits. */
const fates = fc.array(fc.constantFrom("complete", "complete", "late", "truncated"), { minLength: 2, maxLength: 6 });

type World = { shards: ChanceShard[]; statistics: GlobalStatistics };

function worldOf(batches: readonly (readonly TestChange[])[], shards: number, seed: number): World {
  const laid = Array.from({ length: shards }, (_shard, i) => new ChanceShard(seed + i));
  const statistics = new GlobalStatistics(shards, 2);
  const follow = (shard: ChanceShard, number: number): void => {
    let cursor: StatisticsCursor | undefined = statistics.cursor(number);
    for (;;) {
      const delta = shard.shard.statistics(cursor, 5);
      if (statistics.apply(number, delta)) return;
      cursor = delta.cursor;
    }
  };
  for (const batch of batches) {
    laid.forEach((shard, i) => {
      const own = batch.filter(({ id }) => Number(id.slice(1)) % shards === i);
      if (own.length > 0) shard.apply(own);
      follow(shard, i);
    });
  }
  return { shards: laid, statistics };
}

function planOf(clauses: readonly PlanClause[], { statistics }: World): Plan {
  const { documents, averageLengths, epoch } = statistics.current;
  return {
    index: "test",
    incarnation: 1,
    epoch,
    bm25: testSettings.bm25,
    fieldBoosts: [2, 1],
    averageLengths,
    clauses: clauses.map((each) => ({
      ...each,
      terms: each.terms.map(({ term }) => ({
        term,
        weight: inverseDocumentFrequency(documents, statistics.frequency(term)),
      })),
    })),
    matchAtLeast: 1,
    top: 100,
  };
}

function answerOf(shard: ChanceShard, number: number, plan: Plan): ShardAnswer {
  const running = shard.shard.prepare(plan);
  while (!running.step(() => false));
  const { sources: _sources, ...found } = running.finish();
  const reply = { ...found, documentSizesBytes: found.hits.map(() => 0), queuedMs: 0, tookMs: 0 };
  return { shard: number, reply, documents: new Uint8Array() };
}

/** What came of an answer that was cut short: some of its hits. */
function cut(answer: ShardAnswer): ShardAnswer {
  const hits = answer.reply.hits.filter((_hit, rank) => rank % 2 === 1);
  return { ...answer, reply: { ...answer.reply, outcome: "truncated", hits } };
}

const request = { from: 0, size: 100, compare: compareHits };

type Fate = "complete" | "late" | "truncated";

function pages(plan: Plan, { world, fated }: { world: World; fated: readonly Fate[] }, index: KnownIndex) {
  const answers = world.shards.map((shard, i) => answerOf(shard, i, plan));
  const came = answers.flatMap((answer, i) => {
    const fate = fated[i] ?? "complete";
    return fate === "late" ? [] : fate === "truncated" ? [cut(answer)] : [answer];
  });
  const isSettled = isSettledBy(plan, { reports: fated.map((outcome) => ({ outcome })), answers: came }, index);
  return {
    partial: mergeHits(came, { ...request, isSettled }),
    whole: mergeHits(answers, { ...request, isSettled: () => true }),
  };
}

describe("a settled hit", () => {
  it("keeps its score and its rank when the missing shards are there, and many hits are settled", () => {
    let hits = 0;
    let settled = 0;
    let settledByWeights = 0;
    fc.assert(
      fc.property(
        history,
        fc.array(clause, { minLength: 1, maxLength: 3 }),
        fates,
        fc.nat(),
        (batches, clauses, fated, seed) => {
          const world = worldOf(batches, fated.length, seed);
          const plan = planOf(clauses, world);
          const known = { statistics: world.statistics, isKnown: () => true };
          const { partial, whole } = pages(plan, { world, fated }, known);
          partial.forEach((hit, rank) => {
            if (hit.settled) expect(hit.hit).toEqual(whole[rank]?.hit);
          });
          if (fated.every((fate) => fate === "complete")) return;
          hits += partial.length;
          settled += partial.filter((hit) => hit.settled).length;
          const unknown = pages(plan, { world, fated }, { ...known, isKnown: () => false });
          unknown.partial.forEach((hit, rank) => {
            if (!hit.settled) return;
            settledByWeights++;
            expect(hit.hit).toEqual(whole[rank]?.hit);
            expect(partial[rank]?.settled).toBe(true);
          });
        },
      ),
      { seed: 331, numRuns: 1200 },
    );
    expect(settled).toBeGreaterThan(hits / 20);
    expect(settled).toBeGreaterThan(settledByWeights * 2);
  });

  it("is one that beats anything the missing shard can hold, and no other", () => {
    const document = (id: string, body: string): TestChange => ({ id, document: { id, title: "", body } });
    const filler = Array.from({ length: 20 }, (_one, i) => document(`d${10 + i * 2}`, "cat ".repeat(8)));
    const shards = [
      [document("d0", "fox fox fox"), document("d2", "fox cat cat cat cat cat cat cat"), ...filler],
      [document("d1", "fox cat cat cat cat cat cat")],
    ];
    const world = worldOf([shards.flat()], 2, 1);
    const plan = planOf([{ occur: "optional", terms: [{ term: "fox", weight: 0 }] }], world);
    const index = { statistics: world.statistics, isKnown: () => true };
    const { partial } = pages(plan, { world, fated: ["complete", "late"] }, index);
    expect(partial.map(({ hit, settled }: { hit: Hit; settled: boolean }) => [hit.id, settled])).toEqual([
      ["d0", true],
      ["d2", false],
    ]);
  });

  it("is none where the order is not by score", () => {
    const world = worldOf([[{ id: "d0", document: { id: "d0", title: "fox", body: "" } }]], 2, 1);
    const plan: Plan = { ...planOf([], world), sort: [{ field: "year", descending: false }] };
    const index = { statistics: world.statistics, isKnown: () => true };
    const isSettled = isSettledBy(
      plan,
      { reports: [{ outcome: "complete" }, { outcome: "late" }], answers: [] },
      index,
    );
    expect(isSettled({ id: "d0", score: 1e9 })).toBe(false);
  });

  it("needs nothing of a truncated shard that lacks no hit, but only what is counted of them", () => {
    const world = worldOf([[{ id: "d0", document: { id: "d0", title: "fox", body: "" } }]], 2, 1);
    const index = { statistics: world.statistics, isKnown: () => true };
    const plan: Plan = { ...planOf([], world), top: 3, sort: [{ field: "year", descending: false }] };
    const scanned = { documents: 9, documentsTotal: 9, total: 2, totalExact: true, hits: ["d1", "d2"] };
    const isSettled = (found: Partial<typeof scanned>, asked: Partial<Plan> = {}): boolean =>
      isSettledBy(
        { ...plan, ...asked },
        {
          reports: [{ outcome: "complete" }, { outcome: "truncated" }],
          answers: [{ shard: 1, reply: { ...scanned, ...found } }],
        },
        index,
      )({ id: "d0", score: 0 });
    expect(isSettled({})).toBe(true);
    expect(isSettled({ total: 7, hits: ["d1", "d2", "d3"] })).toBe(true);
    expect(isSettled({ documents: 8 })).toBe(false);
    expect(isSettled({ totalExact: false })).toBe(false);
    expect(isSettled({ hits: ["d1"] })).toBe(false);
    const after = { id: "d", score: 0, sort: [1] };
    expect(isSettled({}, { after })).toBe(false);
    expect(isSettled({ hits: ["d1", "d2", "d3"] }, { after })).toBe(true);
  });
});
