import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkPlan, fieldMismatch } from "../../src/leaf/plan-check.ts";
import type { Plan, PlanFilter } from "../../src/protocol/plan.ts";

const plan: Plan = {
  index: "demo",
  incarnation: 3,
  epoch: "e",
  bm25: { k1: 0.9, b: 0.4 },
  fieldBoosts: [2, 1],
  averageLengths: [3.5, 12],
  clauses: [
    { occur: "optional", terms: [{ term: "fear", weight: 4.2 }], fieldBoosts: [1, 0] },
    {
      occur: "required",
      terms: [
        { term: "of", weight: 1 },
        { term: "heights", weight: 6 },
      ],
      phrase: [
        { term: "of", offset: 0 },
        { term: "heights", offset: 1 },
      ],
    },
  ],
  matchAtLeast: 1,
  top: 20,
  filter: {
    kind: "and",
    of: [
      { kind: "in", field: "category", values: ["noun.state", 3] },
      { kind: "not", of: { kind: "range", field: "year", gte: 1900, lt: 2000 } },
    ],
  },
  facets: [{ field: "category", size: 10 }],
  sort: [{ field: "year", descending: true }],
  after: { id: "x", score: 1, sort: [null, "a", 3] },
  returned: ["title"],
  highlight: ["body"],
  explain: true,
};

const nested = (depth: number): PlanFilter => {
  let filter: PlanFilter = { kind: "in", field: "a", values: [] };
  for (let i = 0; i < depth; i++) filter = { kind: "not", of: filter };
  return filter;
};

const clause = (terms: number): object => ({
  occur: "optional",
  terms: Array.from({ length: terms }, () => ({ term: "a", weight: 1 })),
});

describe("plan check", () => {
  it("takes a plan with everything in it as it stands", () => {
    expect(checkPlan(JSON.parse(JSON.stringify(plan)))).toEqual({ kind: "plan", plan });
  });

  it("takes every plan without any of what may be absent", () => {
    for (const name of ["filter", "facets", "sort", "after", "returned", "highlight", "explain"]) {
      expect(checkPlan({ ...plan, [name]: undefined }).kind, name).toBe("plan");
    }
  });

  it.each([
    ["index", 3],
    ["incarnation", -1],
    ["incarnation", 1.5],
    ["epoch", null],
    ["bm25", { k1: 1 }],
    ["bm25", { k1: 1, b: 2 }],
    ["fieldBoosts", ["1"]],
    ["fieldBoosts", [-1]],
    ["averageLengths", [0]],
    ["averageLengths", [null]],
    ["clauses", {}],
    ["clauses", [null]],
    ["clauses", [{ occur: "maybe", terms: [] }]],
    ["clauses", [{ occur: "optional", terms: [{ term: "a", weight: "1" }] }]],
    ["clauses", [{ occur: "optional", terms: [{ term: "a".repeat(30_000), weight: 1 }] }]],
    ["clauses", Array.from({ length: 2000 }, () => clause(1))],
    ["clauses", Array.from({ length: 20 }, () => clause(1000))],
    ["matchAtLeast", -1],
    ["top", 10_001],
    ["top", Number.NaN],
    ["filter", { kind: "xor", of: [] }],
    ["filter", { kind: "in", field: "a", values: [{}] }],
    ["filter", nested(100)],
    ["filter", { kind: "in", field: "a", values: Array.from({ length: 20_000 }, (_, i) => i) }],
    ["facets", [{ field: "a" }]],
    ["sort", [{ field: "a" }]],
    ["after", { id: 3, score: 1 }],
    ["returned", "title"],
    ["explain", 1],
  ])("refuses a plan whose %s does not fit", (name, value) => {
    const reading = checkPlan({ ...plan, [name]: value });
    expect(reading).toMatchObject({ kind: "unfit", detail: expect.stringContaining(name) });
  });

  it("throws on nothing", () => {
    const key = fc.constantFrom(...Object.keys(plan), "kind", "of", "terms", "field", "values");
    const anything = fc.anything({ key, maxDepth: 5, values: [fc.string(), fc.double(), fc.constant("and")] });
    fc.assert(
      fc.property(fc.dictionary(key, anything), (overrides) => {
        const reading = checkPlan({ ...plan, ...overrides });
        expect(["plan", "unfit"]).toContain(reading.kind);
      }),
      { seed: 6, numRuns: 2000 },
    );
  });

  it("notices numbers for more or fewer text fields than there are", () => {
    expect(fieldMismatch(plan, 2)).toBeUndefined();
    expect(fieldMismatch(plan, 3)).toContain("3");
    expect(fieldMismatch({ ...plan, clauses: [{ occur: "optional", terms: [], fieldBoosts: [1] }] }, 2)).toContain("1");
  });
});
