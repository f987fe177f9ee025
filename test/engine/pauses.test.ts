import { expect, it } from "vitest";
import { createAnalyzer } from "../../src/engine/analyzer.ts";
import { lookupKey } from "../../src/engine/dictionary.ts";
import { createDocumentAnalyzer } from "../../src/engine/document.ts";
import { Shard } from "../../src/engine/shard.ts";
import { seededRandom } from "../../src/time.ts";
import { bodyPlan, bodySettings } from "../support/bodies.ts";

const words = ["ant", "bee", "cat", "dog", "elk"];
const documents = 20_000;

it("looks at the clock as often while it reads of the dead as of the living", () => {
  const shard = new Shard(bodySettings, seededRandom(1));
  const analyze = createDocumentAnalyzer(bodySettings, createAnalyzer(bodySettings));
  const { staged, publish } = shard.stage();
  const source = Buffer.from(JSON.stringify({ body: words.join(" ") }));
  for (let i = 0; i < documents; i++) staged.put(analyze(`d${i}`, source));
  publish(1);
  const looks = (): { total: number; count: number } => {
    const search = shard.prepare(bodyPlan(words, 10));
    let count = 0;
    while (!search.step(() => true)) count++;
    return { total: search.finish().total, count };
  };
  const living = looks();
  expect(living.total).toBe(documents);
  const next = shard.stage();
  for (let i = 0; i < documents; i++) next.staged.supersede(lookupKey(`d${i}`));
  next.publish(2);
  const dead = looks();
  expect(dead.total).toBe(0);
  expect(living.count).toBeGreaterThanOrEqual(2);
  expect(dead.count).toBeGreaterThanOrEqual(living.count);
});
