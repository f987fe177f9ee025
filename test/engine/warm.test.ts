import { describe, expect, it } from "vitest";
import { Segment } from "../../src/engine/segment.ts";
import { Shard } from "../../src/engine/shard.ts";
import { seededRandom } from "../../src/time.ts";
import { bodyPlan, sealedBodies, bodySettings as settings } from "../support/bodies.ts";

const documentsPerSegment = 200;

/** All hold "bee", half of them "sea", and a few "fox". */
function segmentOf(prefix: string): Segment {
  const bodies = Array.from({ length: documentsPerSegment }, (_, i) => ({
    id: `${prefix}${String(i).padStart(4, "0")}`,
    body: `bee${i % 2 === 0 ? " sea" : ""}${i % 20 === 0 ? " fox" : ""}${" wind".repeat(i % 3)}`,
  }));
  return new Segment(sealedBodies(bodies));
}

function publish(shard: Shard, segment: Segment): void {
  const stage = shard.stage();
  stage.staged.add(segment);
  stage.publish(shard.sequence + 1);
}

function search(shard: Shard, ...words: string[]): unknown {
  const running = shard.prepare(bodyPlan(words, 10));
  while (!running.step(() => false));
  return running.finish().hits;
}

describe("a segment that was warmed", () => {
  it("has ready what others have been asked for, and of other terms nothing", () => {
    const shard = new Shard(settings, seededRandom(1));
    publish(shard, segmentOf("a"));
    search(shard, "bee", "fox");
    const segment = segmentOf("b");
    const coldBytes = segment.sizeBytes;
    const steps = [...shard.warm(segment)].length;
    const warmBytes = segment.sizeBytes;
    publish(shard, segment);
    expect(segment.sizeBytes).toBe(warmBytes);
    search(shard, "bee", "fox");
    expect(segment.sizeBytes).toBe(warmBytes);
    search(shard, "bee", "sea");
    expect(segment.sizeBytes).toBeGreaterThan(warmBytes);
    expect(warmBytes).toBeGreaterThan(coldBytes);
    expect(steps).toBeGreaterThan(0);
  });

  it("answers as one that was not", () => {
    const [warmed, cold] = [new Shard(settings, seededRandom(1)), new Shard(settings, seededRandom(1))];
    for (const shard of [warmed, cold]) {
      publish(shard, segmentOf("a"));
      search(shard, "bee", "sea");
      const segment = segmentOf("b");
      if (shard === warmed) for (const _ of shard.warm(segment));
      publish(shard, segment);
    }
    for (const words of [["bee"], ["sea"], ["fox", "bee"], ["wind", "sea", "bee"], ["nothing"]])
      expect(search(warmed, ...words)).toEqual(search(cold, ...words));
  });

  it("needs nothing where nobody has searched", () => {
    const shard = new Shard(settings, seededRandom(1));
    publish(shard, segmentOf("a"));
    expect([...shard.warm(segmentOf("b"))]).toEqual([]);
  });
});
