import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HedgerowError } from "../../src/errors.ts";
import type { SearchBody } from "../../src/protocol/search-request.ts";
import type { IndexSettings } from "../../src/protocol/settings.ts";
import { createPlanContext } from "../../src/query/context.ts";
import { writeCursor } from "../../src/query/cursor.ts";
import { planQuery } from "../../src/query/plan.ts";
import { testSettings } from "../engine/layout.ts";

const settings: IndexSettings = { ...testSettings, language: "en" };
const context = createPlanContext({ index: "books", incarnation: 1, settings }, 1024);

/** Whether what is planned matches all documents but those that hold an excluded word, or none. */
function matches(query: string, body: SearchBody = {}): "all but" | "none" | "some" {
  const wanted = planQuery({ query, ...body }, context).plan.clauses.filter(({ occur }) => occur !== "excluded");
  if (wanted.length === 0) return "all but";
  return wanted.every(({ occur, terms }) => occur === "required" && terms.length === 0) ? "none" : "some";
}

describe("a query without a word to look for", () => {
  it("asks for all documents where it is nothing but white space", () => {
    const space = fc.string({ unit: fc.constantFrom(..." \t\r\n\u00a0\u1680\u2003\u2028\u202f\u205f\u3000") });
    fc.assert(
      fc.property(space, fc.boolean(), (query, prefix) => {
        expect(matches(query, { prefix })).toBe("all but");
      }),
      { seed: 31, numRuns: 300 },
    );
  });

  it.each(["-wind", "-the", '-"of the"', "-title:wind", "-wind -sea", "-win*", '-wind ""'])(
    "asks for all but what it excludes: %s",
    (query) => expect(matches(query)).toBe("all but"),
  );

  it("asks for nothing that there is, whatever else was typed", () => {
    const signs = fc.string({ unit: fc.constantFrom(..."\"'!?*+-.:()^~\0\x1f "), minLength: 1 });
    const examples = ['""', 'title:""', '"', "--", '" "', "!!!", "*", '-""', "+*", "the", "of the", "-wind !!", "\0"];
    fc.assert(
      fc.property(
        signs.filter((query) => query.trim() !== ""),
        fc.boolean(),
        (query, prefix) => {
          expect(matches(query, { prefix }), query).toBe("none");
        },
      ),
      { seed: 32, numRuns: 2000, examples: examples.map((query): [string, boolean] => [query, false]) },
    );
  });
});

describe("a filter", () => {
  it("is the same whatever order its conditions are written in, for a cursor too", () => {
    const year = { gte: 1800, lt: 1900 };
    const [one, other] = [
      { year, not: { year: 1850, category: "a" }, category: "b" },
      { category: "b", not: { category: "a", year: 1850 }, year: { lt: 1900, gte: 1800 } },
    ].map((filter): SearchBody => ({ query: "wind", filter }));
    const first = planQuery(one ?? {}, context);
    expect(planQuery(other ?? {}, context).plan.filter).toEqual(first.plan.filter);
    const cursor = writeCursor(one ?? {}, first, { id: "1", score: 1 });
    expect(planQuery({ ...other, cursor }, context).plan.after).toEqual({ id: "1", score: 1 });
  });
});

describe("what could have no effect, or is not meant as it reads", () => {
  const refusal = (body: SearchBody): unknown => {
    try {
      return planQuery(body, context).plan.fieldBoosts;
    } catch (error) {
      return error instanceof HedgerowError ? [error.code, ...error.places.map(({ path }) => path)] : error;
    }
  };

  it.each<[SearchBody, string]>([
    [{ sort: ["year", "-year"] }, "/sort/1"],
    [{ sort: ["_score", "year", "_score"] }, "/sort/2"],
    [{ fields: ["title", "title^3"] }, "/fields/1"],
    [{ fields: ["title^0x2"] }, "/fields/0"],
    [{ fields: ["body", "title^ 2"] }, "/fields/1"],
    [{ fields: ["title^2e1"] }, "/fields/0"],
    [{ fields: ["title^."] }, "/fields/0"],
    [{ fields: ["title^"] }, "/fields/0"],
    [{ fields: ["title^0"] }, "/fields/0"],
  ])("is refused by its place: %j", (body, path) => expect(refusal(body)).toEqual(["invalid_request", path]));

  it("does not concern decimal boosts", () => {
    expect(refusal({ fields: ["title^2.5", "body^.5"] })).toEqual([2.5, 0.5]);
    expect(refusal({ fields: ["body^02"] })).toEqual([0, 2]);
  });
});

describe("a percentage of words", () => {
  it("is rounded down from what it is in decimals", () => {
    const tenths = fc.integer({ min: 10, max: 1000 });
    fc.assert(
      fc.property(tenths, fc.integer({ min: 1, max: 1000 }), (match, words) => {
        const { plan } = planQuery({ query: "w ".repeat(words), match: match / 10 }, context);
        expect(plan.matchAtLeast).toBe(Math.max(1, Math.floor((words * match) / 1000)));
      }),
      {
        seed: 33,
        numRuns: 100,
        examples: [
          [184, 375],
          [92, 750],
          [1000, 3],
          [323, 1000],
        ],
      },
    );
  });
});
