import { describe, expect, it } from "vitest";
import { planQuery } from "../../src/query/plan.ts";
import { contextOf } from "./word-context.ts";

describe("a quotation that is not closed, while it is typed", () => {
  const context = contextOf({ fear: 5, heights: 4, heir: 2, open: 3, sea: 6, seat: 1 });
  const planned = (query: string, prefix = true): unknown[] =>
    planQuery({ query, prefix }, context).plan.clauses.map(({ occur, terms, phrase }) => [
      occur,
      phrase?.map(({ term }) => term) ?? terms.map(({ term }) => term),
    ]);

  it("is the phrase of what stands before its last word, and beside it what that word begins", () => {
    expect(planned('"open sea hei')).toEqual([
      ["optional", ["open", "sea"]],
      ["optional", ["height", "heir"]],
    ]);
    expect(planned('+"fear of hei')).toEqual([
      ["required", ["fear"]],
      ["required", ["height", "heir"]],
    ]);
    expect(planned('"sea')).toEqual([["optional", ["sea", "seat"]]]);
    expect(planned('"the hei')).toEqual([["optional", ["height", "heir"]]]);
  });

  it("is one phrase where it is closed, or all of the query is there", () => {
    expect(planned('"open sea"')).toEqual([["optional", ["open", "sea"]]]);
    expect(planned('"open sea', false)).toEqual([["optional", ["open", "sea"]]]);
    expect(planned('"open sea" hei')[0]).toEqual(["optional", ["open", "sea"]]);
  });

  it("is a phrase for each word that may end it where it is excluded", () => {
    expect(planned('fear -"open sea')).toEqual([
      ["optional", ["fear"]],
      ["excluded", ["open", "sea"]],
      ["excluded", ["open", "seat"]],
    ]);
  });

  it("is not corrected, as nothing is that is quoted", () => {
    const { plan, corrections } = planQuery({ query: '"open heihgts', prefix: true }, context);
    expect(corrections).toEqual([]);
    expect(plan.clauses.map(({ terms }) => terms.length)).toEqual([1, 1]);
    expect(planQuery({ query: "open heihgts", prefix: true }, context).corrections).toHaveLength(1);
  });
});
