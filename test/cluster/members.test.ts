import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnnouncedLeaf, Leases, leavesOf, leavesToPlaceOn } from "../../src/cluster/members.ts";

const graceMs = 10_000;
const stepMsMax = 2_000;

function announced(name: string, change: Partial<AnnouncedLeaf> = {}): AnnouncedLeaf {
  return { name, url: `http://${name}:1`, leaving: false, beat: 1, ...change };
}

describe("the leaves of a cluster", () => {
  it("are those that are listed and those that have announced themselves; the list says where a leaf is", () => {
    const listed = [{ name: "b", zone: "z", url: "http://listed:1" }];
    const said = [announced("c", { leaving: true }), announced("b", { url: "http://other:1", leaving: true })];
    expect(leavesOf(listed, [...said, announced("a")])).toEqual([
      { name: "a", zone: undefined, url: "http://a:1", leaving: false, listed: false },
      { name: "b", zone: "z", url: "http://listed:1", leaving: true, listed: true },
      { name: "c", zone: undefined, url: "http://c:1", leaving: true, listed: false },
    ]);
  });

  it("are placed on unless they are leaving; where all are, on all", () => {
    const leaves = leavesOf([], [announced("a", { leaving: true }), announced("b")]);
    expect(leavesToPlaceOn(leaves).map(({ name }) => name)).toEqual(["b"]);
    const leaving = leaves.map((leaf) => ({ ...leaf, leaving: true }));
    expect(leavesToPlaceOn(leaving)).toEqual(leaving);
  });
});

describe("a lease", () => {
  const alone = (beat: number, connected = false): { name: string; beat: number; connected: boolean }[] => [
    { name: "a", beat, connected },
  ];

  it("runs out when there was no sign of life for the whole grace, and not a moment before", () => {
    const leases = new Leases({ graceMs, stepMsMax });
    for (let nowMs = 500; nowMs <= 500 + graceMs; nowMs += 1_000) expect(leases.review(alone(7), nowMs)).toEqual([]);
    expect(leases.review(alone(7), 501 + graceMs)).toEqual([{ name: "a", beat: 7 }]);
  });

  it("begins anew with every announcement and while a link stands", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 4_000 }), kind: fc.nat(2) })), (steps) => {
        const leases = new Leases({ graceMs, stepMsMax });
        let nowMs = 100;
        let beat = 1;
        let silentMs = 0;
        leases.review(alone(beat), nowMs);
        for (const { waitMs, kind } of steps) {
          nowMs += waitMs;
          silentMs = kind === 0 ? silentMs + Math.min(waitMs, stepMsMax) : 0;
          if (kind === 1) beat++;
          const silent = leases.review(alone(beat, kind === 2), nowMs);
          expect(leases.silentMs("a")).toBe(silentMs);
          expect(silent).toEqual(silentMs > graceMs ? [{ name: "a", beat }] : []);
        }
      }),
      { seed: 54 },
    );
  });

  it("does not run while nobody looked: a root that was suspended for an hour takes nobody off", () => {
    const leases = new Leases({ graceMs, stepMsMax });
    leases.review(alone(1), 0);
    leases.review(alone(1), 1_000);
    expect(leases.review(alone(1), 3_601_000)).toEqual([]);
    expect(leases.silentMs("a")).toBe(1_000 + stepMsMax);
  });

  it("is another one after the leaf was taken off", () => {
    const leases = new Leases({ graceMs, stepMsMax });
    for (let nowMs = 0; nowMs <= 9_000; nowMs += 1_000) leases.review(alone(1), nowMs);
    leases.review([], 10_000);
    expect(leases.silentMs("a")).toBeUndefined();
    expect(leases.review(alone(1), 11_000)).toEqual([]);
    expect(leases.silentMs("a")).toBe(0);
  });
});
