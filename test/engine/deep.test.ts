import { describe, expect, it } from "vitest";
import { Shard } from "../../src/engine/shard.ts";
import type { ShardResult, ShardSearch } from "../../src/engine/shard-search.ts";
import { type Hit, hitComparator } from "../../src/protocol/hit.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { seededRandom } from "../../src/time.ts";
import { analyzedBody, bodyPlan, bodySettings } from "../support/bodies.ts";

const documents = 3000;
const batches = 3;

function largeShard(): Shard {
  const random = seededRandom(5);
  const shard = new Shard(bodySettings, random);
  for (let batch = 0; batch < batches; batch++) {
    const { staged, publish } = shard.stage();
    for (let i = batch; i < documents; i += batches) {
      const body = `bee ${"ant ".repeat(random.next() * 9)}`;
      staged.put(analyzedBody({ id: `d${Math.floor(random.next() * 1e6)}-${i}`, body }));
    }
    publish(batch + 1);
  }
  return shard;
}

const byScore: Plan = bodyPlan(["ant", "bee"], 1000);
const sorted: Plan = { ...byScore, sort: [{ field: "_score", descending: true }] };

/** Steps through a search, each as short as can be; answers how many there were. */
function stepped(search: ShardSearch, stepsMax = Number.POSITIVE_INFINITY): number {
  let steps = 0;
  while (steps < stepsMax && !search.step(() => true)) steps++;
  return steps;
}

function withoutSort({ hits }: ShardResult): Hit[] {
  return hits.map(({ id, score }) => ({ id, score }));
}

describe.each([
  ["by score", byScore],
  ["sorted", sorted],
])("a page from far down, %s", (_how, plan) => {
  const shard = largeShard();
  const compare = hitComparator(plan.sort);

  it("is put in order in steps, and is the same however often it pauses", () => {
    const paused = shard.prepare(plan);
    expect(stepped(paused)).toBeGreaterThan(20);
    const whole = shard.prepare(plan);
    while (!whole.step(() => false));
    const result = whole.finish();
    expect(paused.finish()).toEqual(result);
    expect(result).toMatchObject({ outcome: "complete", total: documents, totalExact: true });
    expect(withoutSort(result)).toEqual([...result.hits].sort(compare).map(({ id, score }) => ({ id, score })));
    const fewer = shard.prepare({ ...plan, top: 100 });
    while (!fewer.step(() => false));
    expect(result.hits.slice(0, 100)).toEqual(fewer.finish().hits);
  });

  it("holds the best of what was scanned when it is stopped", () => {
    const steps = stepped(shard.prepare(plan));
    for (let after = 1; after < steps; after++) {
      const search = shard.prepare(plan);
      stepped(search, after);
      search.stop();
      stepped(search);
      const { outcome, hits, documents: covered, total } = search.finish();
      expect(hits.length).toBe(Math.min(plan.top, total));
      expect(covered).toBe(total);
      expect([...hits].sort(compare)).toEqual(hits);
      expect(outcome).toBe(covered < documents ? "truncated" : outcome);
    }
  });

  it("leaves out at the end what there was no time to put in order", () => {
    const search = shard.prepare({ ...plan, top: documents });
    stepped(search, 2);
    const { outcome, documents: covered, hits } = search.finish();
    expect(outcome).toBe("truncated");
    expect(covered).toBeGreaterThan(0);
    expect(hits.length).toBeLessThanOrEqual(covered);
  });
});
