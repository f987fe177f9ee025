import fc from "fast-check";
import { expect, it } from "vitest";
import { project } from "../../src/engine/projection.ts";
import { Shard } from "../../src/engine/shard.ts";
import type { ShardSearch } from "../../src/engine/shard-search.ts";
import { sliceText, wholeSlice } from "../../src/protocol/bytes.ts";
import { seededRandom } from "../../src/time.ts";
import { analyzedBody, bodyPlan, bodySettings } from "../support/bodies.ts";

const names = ["title", "body", "tags", 'q"uote', "back\\slash", "ключ"];
const texts = fc.constantFrom("", '\\"', "a\\", "\u0001\n", "}", "],[", '{"body":"no"}', "😀", 'x"'.repeat(40_000));
const values = fc.oneof(texts, fc.jsonValue({ maxDepth: 3 }));
const documents = fc.array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 6 });

it("leaves the fields named as they stand, the last of those of one name", () => {
  fc.assert(
    fc.property(
      documents,
      fc.subarray(names, { minLength: 1 }),
      fc.constantFrom("", " "),
      (members, returned, space) => {
        const parts = members.map(
          ([name, value]) => `${JSON.stringify(name)}${space}:${space}${JSON.stringify(value)}`,
        );
        const source = Buffer.from(`{${space}${parts.join(`${space},${space}`)}${space}}`);
        const projecting = project(wholeSlice(source), returned);
        let step = projecting.next();
        while (step.done !== true) step = projecting.next();
        const kept = new Map(members.filter(([name]) => returned.includes(name)));
        const expected = [...kept].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
        expect(sliceText(step.value)).toBe(`{${expected.join(",")}}`);
      },
    ),
    { seed: 41, numRuns: 200 },
  );
});

const bodyBytes = 100_000;
const largeOnes = 40;

function largeShard(): Shard {
  const shard = new Shard(bodySettings, seededRandom(1));
  const { staged, publish } = shard.stage();
  for (let i = 0; i < largeOnes; i++) staged.put(analyzedBody({ id: `d${i}`, body: `bee ${"x".repeat(bodyBytes)}` }));
  publish(1);
  return shard;
}

function begin(shard: Shard): ShardSearch {
  return shard.prepare({ ...bodyPlan(["bee"], largeOnes), returned: ["body"] });
}

it("goes through large documents in steps, and leaves out the hits that had no time left", () => {
  const shard = largeShard();
  const whole = begin(shard);
  while (!whole.step(() => false));
  const { hits, sources } = whole.finish();
  expect(hits.length).toBe(largeOnes);
  expect(sources.map(sliceText).every((text) => text.startsWith('{"body":"bee x'))).toBe(true);

  for (const steps of [0, 1, 5, 10]) {
    const stopped = begin(shard);
    for (let step = 0; step < steps; step++) expect(stopped.step(() => true)).toBe(false);
    const result = stopped.finish();
    expect(result.outcome).toBe("truncated");
    expect(result.hits).toEqual(hits.slice(0, result.hits.length));
    expect(result.sources.map(sliceText)).toEqual(sources.slice(0, result.hits.length).map(sliceText));
    expect(result.hits.length).toBeLessThan(largeOnes);
  }
});

it("still tells a small page of what it found by the deadline", () => {
  const shard = new Shard(bodySettings, seededRandom(1));
  const { staged, publish } = shard.stage();
  for (let i = 0; i < 50_000; i++) staged.put(analyzedBody({ id: `d${i}`, body: "bee" }));
  publish(1);
  const search = shard.prepare({ ...bodyPlan(["bee"], 10), returned: ["body"] });
  search.step(() => true);
  const { outcome, hits, sources } = search.finish();
  expect(outcome).toBe("truncated");
  expect(hits.length).toBe(10);
  expect(sources.map(sliceText)).toEqual(hits.map(() => '{"body":"bee"}'));
});
