import { describe, expect, it, test } from "vitest";
import type { Plan, PlanFilter } from "../../src/protocol/plan.ts";
import { planShape, planWords } from "../../src/root/plan-shape.ts";

const plan: Plan = {
  index: "demo",
  incarnation: 1,
  epoch: "e",
  clauses: [],
  matchAtLeast: 0,
  top: 10,
  averageLengths: [],
  fieldBoosts: [],
  bm25: { k1: 0.9, b: 0.4 },
};

/** `parts` filters that are all of another kind, the last of them on `field`. */
function manyKinds(parts: number, field = "last"): PlanFilter {
  const of = Array.from({ length: parts }, (_, i): PlanFilter => ({ kind: "in", field: `field-${i}`, values: ["a"] }));
  return { kind: "or", of: [...of, { kind: "in", field, values: ["a"] }] };
}

const names = [
  { what: "shape", nameOf: planShape },
  { what: "words", nameOf: planWords },
];

describe.each(names)("the name of a plan's $what", ({ nameOf }) => {
  it("stays short, however much its caller wrote", () => {
    for (const parts of [1, 10, 100, 9_000]) {
      expect(nameOf({ ...plan, filter: manyKinds(parts) }).length).toBeLessThanOrEqual(200);
    }
  });

  it("is the same for equal plans, and another for others, where it is long too", () => {
    for (const parts of [1, 1_000]) {
      const name = nameOf({ ...plan, filter: manyKinds(parts) });
      expect(nameOf({ ...plan, filter: manyKinds(parts) })).toBe(name);
      expect(nameOf({ ...plan, filter: manyKinds(parts, "other") })).not.toBe(name);
    }
  });
});

test("a usual plan's shape can be read", () => {
  expect(planShape({ ...plan, filter: manyKinds(1) })).toBe("demo|1||m0|t4|or2(in:field-0:1,in:last:1)||||||");
});
