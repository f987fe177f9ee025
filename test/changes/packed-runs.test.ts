import fc from "fast-check";
import { expect, it } from "vitest";
import type { OutcomeRun } from "../../src/changes/outcome-runs.ts";
import { packRuns, unpackRuns } from "../../src/changes/packed-runs.ts";
import { seededRandom } from "../../src/time.ts";

// What a log counts in a lifetime; a distance between two is exact.
const sequence = fc.nat(2 ** 48);
const run: fc.Arbitrary<OutcomeRun> = fc.oneof(
  fc.record({ kind: fc.constant("written" as const), sequence, found: fc.boolean(), count: fc.integer({ min: 1 }) }),
  fc.record({ kind: fc.constant("conflict" as const), currentVersion: fc.option(sequence, { nil: undefined }) }),
);

it("unpacks what was packed", async () => {
  const property = fc.asyncProperty(fc.array(run, { maxLength: 30 }), async (runs) => {
    expect(await unpackRuns(await packRuns(runs))).toEqual(runs);
  });
  await fc.assert(property, { seed: 32, numRuns: 300 });
});

it("gets a million outcomes of a busy log into half a message of its server's", async () => {
  const random = seededRandom(8);
  const runs: OutcomeRun[] = [];
  let next = 40_000_000;
  for (let outcomes = 0; outcomes < 1_000_000; ) {
    const count = 1 + Math.floor(-Math.log2(1 - random.next()));
    if (random.next() < 0.05) next += Math.ceil(random.next() * 100);
    runs.push({ kind: "written", sequence: next, found: runs.length % 2 === 0, count });
    next += count;
    outcomes += count;
  }
  expect((await packRuns(runs)).length).toBeLessThan(1 << 19);
});
