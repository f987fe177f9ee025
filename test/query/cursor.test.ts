import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Hit } from "../../src/protocol/hit.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import type { SearchBody } from "../../src/protocol/search-request.ts";
import { resumePlan, writeCursor } from "../../src/query/cursor.ts";

const plan: Plan = {
  index: "books",
  incarnation: 3,
  epoch: "e1",
  bm25: { k1: 1.2, b: 0.75 },
  fieldBoosts: [2, 1],
  averageLengths: [3.5, 10.25],
  clauses: [
    { occur: "optional", terms: [{ term: "wald", weight: 1 / 3 }] },
    {
      occur: "required",
      terms: [{ term: "東", weight: 0.1 }],
      fieldBoosts: [0, 1],
      phrase: [{ term: "東", offset: 0 }],
    },
  ],
  matchAtLeast: 1,
  top: 10,
  sort: [{ field: "year", descending: true }],
};
const body: SearchBody = { query: "walden +東", sort: ["-year"] };
const last: Hit = { id: "ü1", score: 0.1 + 0.2, sort: [1854] };
const cursor = writeCursor(body, { plan, documents: 42, documentsLeftOut: 0 }, last);

/** What the index has become by the time of the next page. */
const later: Plan = {
  ...plan,
  epoch: "e2",
  averageLengths: [4, 11],
  clauses: [{ occur: "optional", terms: [{ term: "other", weight: 9 }] }],
  matchAtLeast: 0,
  top: 3,
  facets: [{ field: "year", size: 2 }],
};

const refused = (path: string) =>
  expect.objectContaining({ code: "invalid_request", places: [expect.objectContaining({ path })] });

describe("a cursor", () => {
  test("goes on with the words, weights and averages that the walk began with", () => {
    const resumed = resumePlan({ ...body, cursor, size: 3 }, { plan: later, documents: 50, documentsLeftOut: 7 });
    const { epoch, averageLengths, clauses, matchAtLeast } = plan;
    expect(resumed).toEqual({
      plan: { ...later, epoch, averageLengths, clauses, matchAtLeast, after: last },
      documents: 42,
      documentsLeftOut: 0,
    });
  });

  test("is nothing where none was given", () => {
    expect(resumePlan(body, { plan, documents: 42, documentsLeftOut: 0 })).toEqual({
      plan,
      documents: 42,
      documentsLeftOut: 0,
    });
  });

  test("carries many words in little room, and how much was left out for want of it", () => {
    const terms = Array.from({ length: 1_024 }, (_, i) => ({ term: `word${i * 7919}`, weight: 5.75 }));
    const wide: Plan = { ...plan, clauses: [{ occur: "optional", terms }] };
    const written = writeCursor(body, { plan: wide, documents: 42, documentsLeftOut: 5 }, last);
    expect(written.length).toBeLessThan(10_000);
    const resumed = resumePlan({ ...body, cursor: written }, { plan: later, documents: 50, documentsLeftOut: 7 });
    expect(resumed).toMatchObject({ plan: { clauses: wide.clauses }, documents: 42, documentsLeftOut: 5 });
  });

  test("carries any id and any numbers exactly", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
        fc.constantFrom(null, "", "東", 0, -1.5, 5e-324),
        (id, score, value) => {
          const hit = { id, score: score + 0, sort: [value] };
          const written = writeCursor(body, { plan, documents: 1, documentsLeftOut: 0 }, hit);
          expect(
            resumePlan({ ...body, cursor: written }, { plan, documents: 1, documentsLeftOut: 0 }).plan.after,
          ).toEqual(hit);
        },
      ),
      { seed: 31, numRuns: 200 },
    );
  });

  test.each<[string, SearchBody, Partial<Plan>]>([
    ["words", { query: "walden" }, {}],
    ["share of words", { match: "all" }, {}],
    ["prefix", { prefix: true }, {}],
    ["typos", { typos: 0 }, {}],
    ["fields", {}, { fieldBoosts: [1, 1] }],
    ["filter", {}, { filter: { kind: "in", field: "year", values: [1] } }],
    ["order", {}, { sort: [{ field: "year", descending: false }] }],
    ["index", {}, { index: "others" }],
    ["life of the index", {}, { incarnation: 4 }],
  ])("is refused with another %s", (_what, changedBody, changedPlan) => {
    const asked = { ...body, ...changedBody, cursor };
    expect(() => resumePlan(asked, { plan: { ...plan, ...changedPlan }, documents: 42, documentsLeftOut: 0 })).toThrow(
      refused("/cursor"),
    );
  });

  test("is refused with any character changed, added or lost", () => {
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom("A", "z", "_", ".", "", "AA"), (at, put) => {
        const changed = cursor.slice(0, at) + put + cursor.slice(at + 1);
        fc.pre(changed !== cursor);
        expect(() => resumePlan({ ...body, cursor: changed }, { plan, documents: 42, documentsLeftOut: 0 })).toThrow(
          refused("/cursor"),
        );
      }),
      { seed: 32, numRuns: 500 },
    );
  });

  test("is refused beside a place to start from", () => {
    expect(() => resumePlan({ ...body, cursor, from: 1 }, { plan, documents: 42, documentsLeftOut: 0 })).toThrow(
      refused("/from"),
    );
    expect(resumePlan({ ...body, cursor, from: 0 }, { plan, documents: 42, documentsLeftOut: 0 }).plan.after).toEqual(
      last,
    );
  });
});
