import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPlan } from "../../src/leaf/plan-check.ts";
import { readPlan, rememberPlans } from "../../src/leaf/plan-memory.ts";
import type { Plan, PlanClause } from "../../src/protocol/plan.ts";
import { type PlanExtras, writePlan } from "../../src/protocol/plan-payload.ts";

const amount = fc.double({ min: 0, max: 20, noNaN: true });
const text = fc.oneof(
  fc.constantFrom("fear", "height", "", "naïve", "山", "😀", '",":"', "a".repeat(300)),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const clause: fc.Arbitrary<PlanClause> = fc.record(
  {
    occur: fc.constantFrom("optional", "required", "excluded"),
    terms: fc.array(fc.record({ term: text, weight: fc.double({ min: -3, max: 20, noNaN: true }) }), { maxLength: 4 }),
    fieldBoosts: fc.array(amount, { maxLength: 2 }),
    phrase: fc.array(fc.record({ term: text, offset: fc.nat(9) }), { maxLength: 3 }),
  },
  { requiredKeys: ["occur", "terms"] },
);
/** Few, so that they come again. */
const opening = fc.constantFrom(
  { index: "demo", incarnation: 1, epoch: "e", bm25: { k1: 0.9, b: 0.4 }, fieldBoosts: [1], averageLengths: [3.5] },
  { index: "demo", incarnation: 1, epoch: "f", bm25: { k1: 0.9, b: 0.4 }, fieldBoosts: [1], averageLengths: [4] },
  { index: "größer", incarnation: 2, epoch: "e", bm25: { k1: 1, b: 0 }, fieldBoosts: [1, 2], averageLengths: [4, 1] },
  { index: "unfit", incarnation: 2, epoch: "e", bm25: { k1: 1, b: 2 }, fieldBoosts: [1, 2], averageLengths: [4, 1] },
);
const extras: fc.Arbitrary<Omit<PlanExtras, "clauses">> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record(
    {
      filter: fc.constant({ kind: "in", field: "category", values: ["noun.state", 3] }),
      facets: fc.constant([{ field: "category", size: 10 }]),
      sort: fc.constant([{ field: "year", descending: true }]),
      after: fc.constant({ id: "x", score: 1, sort: [null, "a", 3] }),
      returned: fc.constantFrom([], ["title"]),
      highlight: fc.constant(["body"]),
      explain: fc.boolean(),
      profile: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
);
const plan: fc.Arbitrary<Plan> = fc
  .tuple(
    opening,
    fc.record({ clauses: fc.array(clause, { maxLength: 5 }), matchAtLeast: fc.nat(1100), top: fc.nat(10_100) }),
    extras,
    fc.constantFrom({}, { trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" }, { trace: "Spur größer" }),
  )
  .map((parts) => Object.assign({}, ...parts));

/** Bytes as no root writes them: some changed, cut off or added. */
const damaged = fc
  .tuple(plan, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 }), fc.integer({ min: -40, max: 40 }))
  .map(([whole, changes, more]) => {
    const bytes = Buffer.concat([writePlan(whole), Buffer.alloc(Math.max(0, more), "}")]);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes.subarray(0, bytes.length + Math.min(0, more));
  });

test("a plan comes out of its bytes as it went in, or is refused as its JSON would be", () => {
  let plans = 0;
  fc.assert(
    fc.property(plan, (given) => {
      const reading = readPlan(writePlan(given));
      const expected = checkPlan(JSON.parse(JSON.stringify(given)));
      expect(reading.kind).toBe(expected.kind);
      if (reading.kind !== "plan") return;
      expect(reading).toEqual(expected);
      plans++;
    }),
    { seed: 7, numRuns: 2000 },
  );
  expect(plans).toBeGreaterThan(1000);
});

test("reads every plan as if it were the first, whatever came before it, and throws on nothing", () => {
  const kinds = { plan: 0, unfit: 0 };
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          plan.map((given) => writePlan(given)),
          damaged,
          fc.uint8Array().map(Buffer.from),
        ),
        { maxLength: 12 },
      ),
      (all) => {
        const remembered = rememberPlans();
        for (const bytes of all) {
          const [reading, expected] = [remembered(bytes), readPlan(bytes)];
          expect(reading).toEqual(expected);
          kinds[reading.kind]++;
        }
      },
    ),
    { seed: 8, numRuns: 1000 },
  );
  expect(kinds.plan).toBeGreaterThan(1000);
  expect(kinds.unfit).toBeGreaterThan(1000);
});

test("what stands behind a plan adds only what a plan may ask for beside words", () => {
  const whole: Plan = {
    ...{
      index: "demo",
      incarnation: 1,
      epoch: "e",
      bm25: { k1: 0.9, b: 0.4 },
      fieldBoosts: [1],
      averageLengths: [3.5],
    },
    ...{ clauses: [{ occur: "optional", terms: [{ term: "fear", weight: 4.2 }] }], matchAtLeast: 1, top: 10 },
  };
  const behind = {
    index: "other",
    top: 3,
    explain: true,
    clauses: [{ occur: "excluded", terms: [], fieldBoosts: [2] }],
  };
  const reading = readPlan(Buffer.concat([writePlan(whole), Buffer.from(JSON.stringify(behind))]));
  const [clauseGiven] = whole.clauses;
  expect(reading).toEqual({
    kind: "plan",
    plan: { ...whole, explain: true, clauses: [{ ...clauseGiven, fieldBoosts: [2] }] },
  });
});

test.each([
  ["nothing", ""],
  ["zeros", "\0".repeat(18)],
  ["deep nesting", "[".repeat(500_000)],
  ["more than a plan can be", " ".repeat(2_000_000)],
])("refuses %s", (_name, bytes) => {
  expect(readPlan(Buffer.from(bytes)).kind).toBe("unfit");
});
