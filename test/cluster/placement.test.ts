import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseSalt, firstFilled, type PlacementLeaf, placeReplicas } from "../../src/cluster/placement.ts";

const layout = fc.record({
  leaves: fc.integer({ min: 1, max: 12 }),
  zones: fc.integer({ min: 0, max: 4 }),
  shards: fc.integer({ min: 1, max: 32 }),
  replicas: fc.integer({ min: 1, max: 4 }),
  salt: fc.nat(1000),
});

function leavesOf(count: number, zones: number): PlacementLeaf[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `leaf-${i + 1}`,
    ...(zones === 0 ? {} : { zone: `zone-${i % zones}` }),
  }));
}

describe("placeReplicas", () => {
  it("puts a shard's replicas on distinct leaves, and on distinct zones as far as there are any", () => {
    fc.assert(
      fc.property(layout, ({ leaves: count, zones, shards, replicas, salt }) => {
        const leaves = leavesOf(count, zones);
        const zoneOf = new Map(leaves.map(({ name, zone }) => [name, zone ?? name]));
        const placed = placeReplicas({ index: "demo", shards, replicas, leaves, salt });
        expect(placed).toHaveLength(shards);
        for (const names of placed) {
          expect(names).toHaveLength(Math.min(replicas, count));
          expect(new Set(names).size).toBe(names.length);
          const zonesUsed = new Set(names.map((name) => zoneOf.get(name))).size;
          expect(zonesUsed).toBe(Math.min(names.length, new Set(zoneOf.values()).size));
        }
      }),
      { seed: 31, numRuns: 500 },
    );
  });

  it("moves replicas only to a leaf that joins, and as many back when it leaves", () => {
    fc.assert(
      fc.property(layout, fc.nat(4), ({ leaves: count, zones, shards, replicas, salt }, zone) => {
        const leaves = leavesOf(count, zones);
        const joining = { name: "joining", ...(zones === 0 ? {} : { zone: `zone-${zone}` }) };
        const before = placeReplicas({ index: "demo", shards, replicas, leaves, salt });
        const after = placeReplicas({ index: "demo", shards, replicas, leaves: [joining, ...leaves], salt });
        after.forEach((names, shard) => {
          const old = new Set(before[shard]);
          expect(names.filter((name) => !old.has(name) && name !== "joining")).toEqual([]);
        });
      }),
      { seed: 32, numRuns: 500 },
    );
  });

  it.each([3, 4, 7, 10])("moves about 1/(N+1) of the replicas when a leaf joins %i", (count) => {
    const shards = 4000;
    const replicas = 2;
    const request = { index: "demo", shards, replicas, salt: 5 };
    const before = placeReplicas({ ...request, leaves: leavesOf(count, 0) });
    const after = placeReplicas({ ...request, leaves: leavesOf(count + 1, 0) });
    const moved = after.reduce(
      (sum, names, shard) => sum + names.filter((name) => !before[shard]?.includes(name)).length,
      0,
    );
    const expected = (shards * replicas) / (count + 1);
    expect(moved).toBeGreaterThan(expected * 0.9);
    expect(moved).toBeLessThan(expected * 1.1);
  });

  it("does not care in which order the leaves are listed", () => {
    fc.assert(
      fc.property(layout, ({ leaves: count, zones, shards, replicas, salt }) => {
        const leaves = leavesOf(count, zones);
        const request = { index: "demo", shards, replicas, salt };
        expect(placeReplicas({ ...request, leaves: leaves.toReversed() })).toEqual(
          placeReplicas({ ...request, leaves }),
        );
      }),
      { seed: 33 },
    );
  });
});

describe("chooseSalt", () => {
  it.each([
    { leaves: 4, zones: 2, shards: 4, replicas: 2 },
    { leaves: 6, zones: 2, shards: 3, replicas: 2 },
    { leaves: 4, zones: 0, shards: 8, replicas: 1 },
    { leaves: 3, zones: 3, shards: 6, replicas: 2 },
  ])("spreads a small index evenly: $shards shards x $replicas over $leaves leaves in $zones zones", (one) => {
    const leaves = leavesOf(one.leaves, one.zones);
    for (const index of ["demo", "news", "a", "products"]) {
      const request = { index, shards: one.shards, replicas: one.replicas, leaves };
      const placed = placeReplicas({ ...request, salt: chooseSalt(request) });
      const loads = leaves.map(({ name }) => placed.flat().filter((other) => other === name).length);
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      const first = firstFilled(placed);
      placed.forEach((names, shard) => {
        expect(names).toContain(first[shard]);
      });
      const firsts = leaves.map(({ name }) => first.filter((other) => other === name).length);
      expect(Math.max(...firsts)).toBeLessThanOrEqual(Math.ceil(one.shards / one.leaves) + 1);
    }
  });

  it("bounds its work by shards times leaves, so that creating a large index does not hold up the root", () => {
    let read = 0;
    const leaves = leavesOf(300, 3).map(({ name, zone = "" }) => ({
      get name() {
        read++;
        return name;
      },
      zone,
    }));
    chooseSalt({ index: "large", shards: 256, replicas: 2, leaves });
    expect(read).toBeLessThan(256 * 300 * 2);
  });
});
