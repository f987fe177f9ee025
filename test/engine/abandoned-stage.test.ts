import fc from "fast-check";
import { expect, it } from "vitest";
import { Shard } from "../../src/engine/shard.ts";
import type { ShardSearch } from "../../src/engine/shard-search.ts";
import { seededRandom } from "../../src/time.ts";
import { analyzedBody, bodyPlan, bodySettings as settings } from "../support/bodies.ts";

function stageOf(shard: Shard, ids: readonly number[], word: string): ReturnType<Shard["stage"]> {
  const stage = shard.stage();
  for (const id of ids) stage.staged.put(analyzedBody({ id: `d${id}`, body: `bee ${word}` }));
  return stage;
}

function begin(shard: Shard): ShardSearch {
  return shard.prepare(bodyPlan(["bee", "sea"], 100));
}

function finish(search: ShardSearch): unknown {
  while (!search.step(() => false));
  const { hits, documents, documentsTotal, total } = search.finish();
  expect(documents).toBe(documentsTotal);
  return { hits, documents, total };
}

const someIds = fc.uniqueArray(fc.nat(20), { minLength: 1 });

it("leaves nothing behind, for searches that began before it and after it", () => {
  fc.assert(
    fc.property(someIds, someIds, someIds, (first, abandoned, later) => {
      const [shard, expected] = [new Shard(settings, seededRandom(1)), new Shard(settings, seededRandom(1))];
      for (const one of [shard, expected]) stageOf(one, first, "sea").publish(1);
      const before = begin(shard);
      const stage = stageOf(shard, abandoned, "sea sea");
      const meanwhile = begin(shard);
      stage.abandon();
      const answer = finish(begin(expected));
      for (const search of [before, meanwhile, begin(shard)]) expect(finish(search)).toEqual(answer);
      for (const one of [shard, expected]) stageOf(one, later, "wind").publish(2);
      expect(finish(begin(shard))).toEqual(finish(begin(expected)));
    }),
    { seed: 77, numRuns: 200 },
  );
});
