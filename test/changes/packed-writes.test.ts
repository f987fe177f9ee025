import fc from "fast-check";
import { expect, it } from "vitest";
import type { WriteCondition, WriteOutcome } from "../../src/changes/log.ts";
import { addOutcome, type OutcomeRun, outcomesOf } from "../../src/changes/outcome-runs.ts";
import { packWrites, unpackWrites } from "../../src/changes/packed-writes.ts";

const condition = fc.oneof(
  fc.constant<WriteCondition>({ kind: "none" }),
  fc.constant<WriteCondition>({ kind: "absent" }),
  fc.maxSafeNat().map((version): WriteCondition => ({ kind: "version", version })),
);
const id = fc.string({ unit: "binary", minLength: 1 });
const write = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), id, condition, source: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: fc.constant("delete" as const), id, condition }),
);

it("unpacks what was packed", () => {
  const run = fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
    const unpacked = [...unpackWrites(packWrites(writes))];
    const plain = unpacked.map((one) => (one.kind === "put" ? { ...one, source: Uint8Array.from(one.source) } : one));
    expect(plain).toEqual(writes);
  });
  fc.assert(run, { seed: 31, numRuns: 300 });
});

it("packs only what a source shows of a larger piece of memory", () => {
  const body = Buffer.alloc(1 << 20);
  const writes = [
    { kind: "put" as const, id: "a", condition: { kind: "none" as const }, source: body.subarray(5, 15) },
  ];
  expect(packWrites(writes).buffer.byteLength).toBeLessThan(100);
});

const outcome: fc.Arbitrary<WriteOutcome> = fc.oneof(
  fc.record({ kind: fc.constant("written" as const), sequence: fc.nat(5), found: fc.boolean() }),
  fc.record({ kind: fc.constant("conflict" as const), currentVersion: fc.option(fc.nat(5), { nil: undefined }) }),
);

it("gives back the outcomes that were added, and one run for a bulk of new documents", () => {
  const run = fc.property(fc.array(outcome, { maxLength: 40 }), (outcomes) => {
    const runs: OutcomeRun[] = [];
    for (const one of outcomes) addOutcome(runs, one);
    expect(outcomesOf(runs)).toEqual(outcomes);
  });
  fc.assert(run, { seed: 32, numRuns: 300 });
  const runs: OutcomeRun[] = [];
  for (let sequence = 9; sequence < 5_000; sequence++) addOutcome(runs, { kind: "written", sequence, found: false });
  expect(runs).toHaveLength(1);
});
