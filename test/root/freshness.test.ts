import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppendTimes, Freshness } from "../../src/root/freshness.ts";

const steps = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 200 }), changes: fc.integer({ min: 1, max: 3 }) }),
  {
    minLength: 1,
    maxLength: 300,
  },
);

describe("the lag of a replica", () => {
  it("is the age of the oldest change it has not applied, at most a mark's width too long", () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (appends, share) => {
        const times = new AppendTimes();
        const told: { sequence: number; atMs: number }[] = [];
        let nowMs = 1_000;
        let sequence = 0;
        for (const { waitMs, changes } of appends) {
          nowMs += waitMs;
          sequence += changes;
          times.append(sequence, nowMs);
          told.push({ sequence, atMs: nowMs });
        }
        const applied = Math.floor(share * sequence);
        const oldest = told.find((append) => append.sequence > applied);
        const lagMs = times.lagMs(applied, nowMs + 10);
        if (oldest === undefined) expect(lagMs).toBe(0);
        else {
          const exactMs = nowMs + 10 - oldest.atMs;
          expect(lagMs).toBeGreaterThanOrEqual(exactMs);
          expect(lagMs).toBeLessThanOrEqual(exactMs + 50);
        }
      }),
      { seed: 110 },
    );
  });

  it("is never told too short, and in bounded memory, of a replica that is away for long", () => {
    const times = new AppendTimes();
    for (let second = 0; second < 100_000; second++) times.append(second + 1, second * 1_000);
    const nowMs = 100_000_000;
    expect(times.lagMs(0, nowMs)).toBe(nowMs);
    for (const applied of [10, 5_000, 50_000, 99_000, 99_990]) {
      const exactMs = nowMs - applied * 1_000;
      expect(times.lagMs(applied, nowMs)).toBeGreaterThanOrEqual(exactMs);
    }
    expect(times.lagMs(99_990, nowMs)).toBe(10_000);
    expect(times.lagMs(100_000, nowMs)).toBe(0);
  });

  it("is nothing where nothing was written, and is told of each shard and life of an index apart", () => {
    let nowMs = 0;
    const freshness = new Freshness({ nowMs: () => nowMs });
    const index = { index: "demo", incarnation: 2 };
    expect(freshness.lagMs(index, { shard: 0, sequence: 0 })).toBe(0);
    expect(freshness.ageMs(index)).toBeUndefined();
    freshness.onAppend([{ ...index, shard: 1, sequence: 7 }]);
    freshness.onPublished(index);
    nowMs = 400;
    expect(freshness.lagMs(index, { shard: 1, sequence: 6 })).toBe(400);
    expect(freshness.lagMs(index, { shard: 1, sequence: 7 })).toBe(0);
    expect(freshness.lagMs(index, { shard: 0, sequence: 0 })).toBe(0);
    expect(freshness.lagMs({ ...index, incarnation: 3 }, { shard: 1, sequence: 0 })).toBe(0);
    expect(freshness.ageMs(index)).toBe(400);
    freshness.retain([]);
    expect(freshness.lagMs(index, { shard: 1, sequence: 6 })).toBe(0);
    expect(freshness.ageMs(index)).toBeUndefined();
  });

  it("is counted from a root's beginning for what was written before, until a replica shows that it has that", () => {
    let nowMs = 1_000;
    const freshness = new Freshness({ nowMs: () => nowMs });
    freshness.onBegin(100);
    nowMs = 61_000;
    const index = { index: "demo", incarnation: 2 };
    const [away, stood] = [
      { sequence: 0, appliedSequence: 0 },
      { sequence: 40, appliedSequence: 40 },
    ];
    expect(freshness.replicaLagsMs(index, 0, [away, stood])).toEqual([60_000, 60_000]);
    // One has read all of the log: the shard's last change was the fortieth, which the other stood at already.
    const whole = { sequence: 100, appliedSequence: 40 };
    expect(freshness.replicaLagsMs(index, 0, [away, stood, whole])).toEqual([60_000, 0, 0]);
    expect(freshness.replicaLagsMs(index, 0, [away, stood])).toEqual([60_000, 0]);
    expect(freshness.replicaLagsMs(index, 1, [away, stood])).toEqual([60_000, 60_000]);
    expect(freshness.replicaLagsMs({ index: "later", incarnation: 101 }, 0, [away])).toEqual([0]);
    freshness.onAppend([{ ...index, shard: 0, sequence: 120 }]);
    nowMs += 500;
    expect(freshness.replicaLagsMs(index, 0, [away, whole, { ...whole, sequence: 120 }])).toEqual([60_500, 500, 0]);
    freshness.retain([]);
    expect(freshness.replicaLagsMs(index, 0, [stood])).toEqual([60_500]);
  });
});
