import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChaosLeaf, nextRound } from "../../../load/chaos/choice.ts";
import { seededRandom } from "../../../src/time.ts";

const leavesOf = (zones: readonly number[]): ChaosLeaf[] =>
  zones.map((zone, i) => ({ id: `${i}`, name: `leaf-${i}`, zone: `zone-${zone}` }));

describe("a round of chaos", () => {
  it("touches at least one leaf, each once, and never two zones", () => {
    const zones = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(zones, fc.integer(), (places, seed) => {
        const leaves = leavesOf(places);
        const round = nextRound(leaves, seededRandom(seed));
        if (new Set(places).size < 2) expect(round).toBeUndefined();
        else {
          const victims = round?.victims ?? [];
          expect(victims.length).toBeGreaterThan(0);
          expect(new Set(victims.map(({ name }) => name)).size).toBe(victims.length);
          expect(new Set(victims.map(({ zone }) => zone)).size).toBe(1);
        }
      }),
      { seed: 5 },
    );
  });

  it("comes to both troubles, to every leaf, and to whole zones", () => {
    const leaves = leavesOf([0, 0, 0, 1, 1, 1]);
    const random = seededRandom(1);
    const rounds = Array.from({ length: 200 }, () => nextRound(leaves, random));
    expect(new Set(rounds.map((round) => round?.trouble))).toEqual(new Set(["pause", "kill"]));
    expect(new Set(rounds.flatMap((round) => round?.victims.map(({ name }) => name))).size).toBe(6);
    expect(rounds.some((round) => round?.victims.length === 3)).toBe(true);
  });

  it("is the same again for the same seed, in whatever order the engine names the leaves", () => {
    const leaves = leavesOf([0, 1, 0, 1]);
    expect(nextRound([...leaves].reverse(), seededRandom(9))).toEqual(nextRound(leaves, seededRandom(9)));
  });
});
