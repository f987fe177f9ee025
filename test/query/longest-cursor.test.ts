import { describe, expect, it } from "vitest";
import { planSizeBytesMax } from "../../src/leaf/plan-check.ts";
import { readPlan } from "../../src/leaf/plan-memory.ts";
import { murmur3 } from "../../src/protocol/hashing.ts";
import { boostMax, type Plan, planClausesMax, planTermsMax } from "../../src/protocol/plan.ts";
import { writePlan } from "../../src/protocol/plan-payload.ts";
import { cursorLengthMax, queryLengthMax, type SearchBody } from "../../src/protocol/search-request.ts";
import type { IndexSettings } from "../../src/protocol/settings.ts";
import { wordMark } from "../../src/protocol/statistics.ts";
import { createPlanContext, type PlanContext } from "../../src/query/context.ts";
import { type Resumed, resumePlan, writeCursor } from "../../src/query/cursor.ts";
import { planQuery } from "../../src/query/plan.ts";

const documents = 1_000_000;

/** An index with these words, each in its own number of documents. */
function contextOf(words: readonly string[], settings: Partial<IndexSettings> = {}): PlanContext {
  const fixed = { language: "simple", shards: 1, replicas: 1, bm25: { k1: 1.2, b: 0.75 }, placementSalt: 0 } as const;
  const whole: IndexSettings = { fields: { body: { type: "text" } }, ...fixed, ...settings };
  const context = createPlanContext({ index: "books", incarnation: 1, settings: whole }, planTermsMax);
  context.statistics.apply(0, {
    cursor: { journal: "a", version: 1 },
    ...{ reset: true, more: false, sequence: 1, documents, lengths: Object.keys(whole.fields).map(() => 5000) },
    terms: words.flatMap((word) => [context.analyzer.termOf(word), wordMark + word]),
    counts: words.flatMap((_word, i) => [i + 1, 1]),
    ...{ limits: words.flatMap(() => [-1, -1]), limitRows: [] },
  });
  return context;
}

/** Writes the cursor of a page and goes on with it, as any root would. */
function wentOn(body: SearchBody, page: Resumed, sort?: readonly string[]): { length: number; next: Resumed } {
  const hit = { id: "x".repeat(512), score: 1 / 3, ...(sort === undefined ? {} : { sort }) };
  const cursor = writeCursor(body, page, hit);
  return { length: cursor.length, next: resumePlan({ ...body, cursor }, page) };
}

const written = (word: (i: number) => string, count = planClausesMax): string =>
  Array.from({ length: count }, (_, i) => word(i)).join(" ");
const words = Array.from({ length: planClausesMax }, (_, i) => `w${i}`);
const fields = Object.fromEntries(words.slice(0, 200).map((name) => [name, { type: "text" as const, boost: 999.123 }]));
const synonyms = Array.from({ length: 1000 }, (_, i) => [
  `w${i}`,
  ...Array.from({ length: 9 }, (_, j) => `s${i}x${j}`),
]);
const many = Array.from({ length: planTermsMax }, (_, i) => `a${String.fromCodePoint(0x4e00 + i)}${i * 7919}`);

describe("the longest queries", () => {
  it.each<[string, SearchBody, PlanContext]>([
    ["of words", { query: written((i) => `w${i}`) }, contextOf(words)],
    ["of one phrase", { query: `"${written((i) => `w${i}`)}"` }, contextOf(words)],
    ["of phrases", { query: written((i) => `"w${i} w${i + 1}"`, 512) }, contextOf(words)],
    ["of words in fields", { query: written((i) => `w${i % 90}:w${i % 100}`) }, contextOf(words, { fields })],
    ["of words with synonyms", { query: written((i) => `w${i}`, 1000) }, contextOf(words, { synonyms })],
    ["of a prefix", { query: "a*" }, contextOf(many)],
    ["of slips", { query: written((i) => `www${i}`, 900), typos: 2 }, contextOf(words)],
    ["of signs", { query: "東".repeat(planClausesMax) }, contextOf(words)],
    ["of letters", { query: "x".repeat(queryLengthMax) }, contextOf(words)],
  ])("%s are taken by leaves, and their cursors by roots", (_what, body, context) => {
    expect(body.query?.length).toBeLessThanOrEqual(queryLengthMax);
    const page = planQuery(body, context);
    expect(readPlan(writePlan(page.plan)).kind).toBe("plan");
    const { length, next } = wentOn(body, page);
    expect(length).toBeLessThanOrEqual(cursorLengthMax);
    expect(next.plan.clauses).toEqual(page.plan.clauses);
  });
});

/** A plan of this many terms in this many clauses, of letters that no deflating makes much shorter. */
function planOf(shape: { clauses: number; terms: number; letters: number; fields: number }, lot: () => number): Plan {
  const letter = (): string => String.fromCodePoint(0x4e00 + Math.floor(lot() * 20_000));
  const term = (): string => Array.from({ length: shape.letters }, letter).join("");
  const perClause = Math.floor(shape.terms / shape.clauses);
  const boosts = (): number[] => Array.from({ length: shape.fields }, () => lot() * boostMax);
  return {
    ...{ index: "books", incarnation: 1, epoch: "e-1", bm25: { k1: 1.2, b: 0.75 }, matchAtLeast: 1, top: 10 },
    fieldBoosts: boosts(),
    averageLengths: boosts().map((boost) => boost + 1),
    clauses: Array.from({ length: shape.clauses }, () => ({
      occur: "optional" as const,
      terms: Array.from({ length: perClause }, () => ({ term: term(), weight: lot() * 1e-5 })),
      fieldBoosts: boosts(),
    })),
    sort: [{ field: "title", descending: false }],
  };
}

it.each([
  { clauses: 1, terms: planTermsMax, letters: 30, fields: 10 },
  { clauses: 10, terms: planTermsMax, letters: 31, fields: 1 },
  { clauses: planClausesMax, terms: planTermsMax, letters: 22, fields: 10 },
  { clauses: planClausesMax, terms: planClausesMax, letters: 1, fields: 48 },
  { clauses: 100, terms: 100, letters: 3_300, fields: 3 },
])("a cursor is taken back whatever plan leaves take: %j", (shape) => {
  let drawn = 0;
  const plan = planOf(shape, () => (murmur3(`${drawn++}`) >>> 0) / 2 ** 32);
  const sizeBytes = writePlan(plan).length;
  expect(sizeBytes).toBeGreaterThan(0.85 * planSizeBytesMax);
  expect(sizeBytes).toBeLessThanOrEqual(planSizeBytesMax);
  const { length, next } = wentOn({}, { plan, documents, documentsLeftOut: 3 }, ["語".repeat(10_000)]);
  expect(length).toBeLessThanOrEqual(cursorLengthMax);
  expect(next.plan.clauses).toEqual(plan.clauses);
});
