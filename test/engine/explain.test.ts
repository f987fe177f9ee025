import fc from "fast-check";
import { expect, test } from "vitest";
import { Shard } from "../../src/engine/shard.ts";
import type { ShardResult } from "../../src/engine/shard-search.ts";
import type { ExplainedClause, Explanation } from "../../src/protocol/explanation.ts";
import type { Plan, PlanClause } from "../../src/protocol/plan.ts";
import { seededRandom } from "../../src/time.ts";
import { analyzedBody, bodyPlan, bodySettings } from "../support/bodies.ts";
import { ChanceShard, type TestChange, type TestDocument, testSettings } from "./layout.ts";
import { naiveStatistics, words } from "./oracle.ts";

const vocabulary = ["ash", "bee", "cat", "dog"];
const text = fc.array(fc.constantFrom(...vocabulary), { maxLength: 8 }).map((all) => all.join(" "));
const document = fc.record({ id: fc.nat(15).map((n) => `d${n}`), title: text, body: text });
const batches = fc.array(fc.array(document, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });

const weighed = fc.tuple(fc.constantFrom(...vocabulary), fc.double({ min: 0.01, max: 9, noNaN: true }));
const clause: fc.Arbitrary<PlanClause> = fc
  .record({
    occur: fc.constantFrom("optional", "optional", "required", "excluded"),
    terms: fc.uniqueArray(weighed, { selector: ([term]) => term, minLength: 1, maxLength: 3 }),
    isPhrase: fc.boolean(),
    fieldBoosts: fc.option(fc.constantFrom([0, 1], [3, 0], [0.5, 2]), { freq: 4 }),
  })
  .map(({ occur, terms, isPhrase, fieldBoosts }) => ({
    occur,
    terms: terms.map(([term, weight]) => ({ term, weight })),
    ...(isPhrase ? { phrase: terms.map(([term], offset) => ({ term, offset })) } : {}),
    ...(fieldBoosts === null ? {} : { fieldBoosts }),
  }));

function search(shard: ChanceShard, plan: Plan): ShardResult {
  const running = shard.shard.prepare(plan);
  while (!running.step(() => true));
  return running.finish();
}

function shardOf(history: readonly (readonly TestDocument[])[], seed: number): ChanceShard {
  const shard = new ChanceShard(seed);
  for (const batch of history) shard.apply(batch.map((one): TestChange => ({ id: one.id, document: one })));
  return shard;
}

/** The score by an explanation's own numbers alone. */
function recomputed({ k1, b, clauses }: Explanation): number {
  let score = 0;
  for (const part of clauses) score += clauseScore(part, k1, b);
  return score;
}

function clauseScore({ kind, terms }: ExplainedClause, k1: number, b: number): number {
  let score = 0;
  for (const { weight, fields } of terms) {
    let w = 0;
    for (const { boost, frequency, length, averageLength } of fields) {
      w += (boost * frequency) / (1 - b + (b * length) / averageLength);
    }
    const own = weight * (w / (k1 + w));
    score = kind === "phrase" ? score + own : Math.max(score, own);
  }
  return score;
}

test("an explanation adds up to the score, to the last bit, in whatever piece the document lies", () => {
  let explained = 0;
  fc.assert(
    fc.property(batches, fc.array(clause, { maxLength: 4 }), fc.nat(), (history, clauses, seed) => {
      const documents = new Map(history.flat().map((one) => [one.id, one]));
      const { lengths } = naiveStatistics([...documents.values()]);
      const plan: Plan = {
        index: "test",
        incarnation: 1,
        epoch: "1",
        bm25: testSettings.bm25,
        fieldBoosts: [2, 1],
        averageLengths: lengths.map((length) => Math.max(1, length) / documents.size),
        clauses,
        matchAtLeast: 1,
        top: 20,
        explain: true,
      };
      for (const { id, score, explanation } of search(shardOf(history, seed), plan).hits) {
        if (explanation === undefined) throw new Error(`no explanation of ${id}`);
        explained++;
        expect(recomputed(explanation)).toBe(score);
        expect(explanation.score).toBe(score);
        expect(explanation.clauses.reduce((sum, part) => sum + part.score, 0)).toBe(score);
        expectFacts(explanation, documents.get(id), plan);
      }
    }),
    { seed: 321, numRuns: 400 },
  );
  expect(explained).toBeGreaterThan(500);
});

test("hits are explained in steps, and those that had no time left come without", () => {
  const top = 10;
  const shard = new Shard(bodySettings, seededRandom(1));
  const { staged, publish } = shard.stage();
  for (let i = 0; i < top; i++) staged.put(analyzedBody({ id: `d${i}`, body: "ash bee cat" }));
  publish(1);
  const manyWords = Array.from({ length: 300 }, (_, i) => vocabulary[i % 3] ?? "");
  const expanded = Array.from({ length: 1000 }, (_, i) => ({ term: i === 7 ? "ash" : `ash${i}`, weight: 1 }));
  const plans: Plan[] = [
    { ...bodyPlan(manyWords, top), explain: true },
    { ...bodyPlan([], top), clauses: [{ occur: "optional", terms: expanded }], explain: true },
  ];
  for (const plan of plans) {
    const whole = shard.prepare(plan);
    let steps = 1;
    while (!whole.step(() => true)) steps++;
    const { hits } = whole.finish();
    expect(steps).toBeGreaterThan(2 * top);
    expect(hits.every(({ explanation }) => explanation !== undefined)).toBe(true);

    const stopped = shard.prepare(plan);
    for (let step = 0; step < steps / 2; step++) stopped.step(() => true);
    const early = stopped.finish();
    const known = early.hits.filter(({ explanation }) => explanation !== undefined);
    expect(early.outcome).toBe("complete");
    expect(early.hits.length).toBe(top);
    expect(known).toEqual(hits.slice(0, known.length));
    expect(known.length).toBeGreaterThan(0);
    expect(known.length).toBeLessThan(top);
  }
});

/** What an explanation says of the document must be so. */
function expectFacts(explanation: Explanation, document: TestDocument | undefined, plan: Plan): void {
  const texts = new Map([
    ["title", words(document?.title ?? "")],
    ["body", words(document?.body ?? "")],
  ]);
  for (const part of explanation.clauses) {
    for (const { term, fields, score } of part.terms) {
      expect(score).toBeLessThanOrEqual(part.score);
      for (const { field, frequency, length, averageLength } of fields) {
        const held = texts.get(field) ?? [];
        expect(frequency).toBe(held.filter((word) => word === term).length);
        expect(length).toBe(held.length);
        expect(averageLength).toBe(plan.averageLengths[field === "title" ? 0 : 1]);
      }
    }
  }
}
