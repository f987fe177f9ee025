import fc from "fast-check";
import { expect, test } from "vitest";
import { readPlan } from "../../src/leaf/plan-check.ts";
import { rememberPlans } from "../../src/leaf/plan-memory.ts";

const plain = { index: "demo", incarnation: 1, epoch: "e", bm25: { k1: 0.9, b: 0.4 }, fieldBoosts: [1] };
/** Few, so that they come again; one looks as if it ended inside of a text, one within a member, one is no plan's. */
const opening = fc.constantFrom<object>(
  { ...plain, averageLengths: [3.5] },
  { ...plain, averageLengths: [4] },
  { ...plain, index: 'a","clauses":[],"', averageLengths: [4] },
  { ...plain, bm25: { k1: 1, clauses: [], b: 0 }, averageLengths: [4] },
  { ...plain, bm25: { k1: 1, b: 2 }, averageLengths: [4] },
);
const clauses = fc.constantFrom<unknown>([], [{ occur: "optional", terms: [{ term: "fear", weight: 4.2 }] }], 7);
const extra = fc.constantFrom<object>({}, {}, { explain: true }, { index: "other" }, { filter: 3 });
const seldom = <Value>(usual: Value, others: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });

const bytes = fc
  .record({
    parts: fc.tuple(opening, extra, fc.record({ clauses, matchAtLeast: fc.nat(1), top: fc.nat(3) }), extra),
    joint: seldom(",", fc.constantFrom(";", " ,", "")),
    ending: seldom("", fc.constantFrom(" ", "}", ",")),
    cutBytes: seldom(0, fc.nat(80)),
  })
  .map(({ parts, joint, ending, cutBytes }) => {
    const [first = "", ...others] = parts
      .map((part) => JSON.stringify(part).slice(1, -1))
      .filter((text) => text !== "");
    const text = `{${first}${joint}${others.join(",")}}${ending}`;
    return Buffer.from(text.slice(0, text.length - cutBytes));
  });

test("reads every plan as if it were the first, whatever came before it", () => {
  let plans = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 20, arbitrary: bytes }, fc.constant(Buffer.from("[]"))), { maxLength: 20 }),
      (all) => {
        const remembered = rememberPlans();
        for (const plan of all) {
          const [reading, expected] = [remembered(plan), readPlan(plan)];
          expect(reading.kind).toBe(expected.kind);
          if (reading.kind !== "plan") continue;
          expect(reading).toEqual(expected);
          plans++;
        }
      },
    ),
    { seed: 8, numRuns: 1000 },
  );
  expect(plans).toBeGreaterThan(1000);
});
