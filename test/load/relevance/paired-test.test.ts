import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairedTest } from "../../../load/relevance/paired-test.ts";
import { seededRandom } from "../../../src/time.ts";

const figure = fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8);
const pairs = fc.array(fc.tuple(figure, figure), { minLength: 1, maxLength: 8 });

function held(list: readonly (readonly [number, number])[], permutations = 10_000) {
  const options = { random: seededRandom(3), permutations };
  return pairedTest(
    list.map(([baseline]) => baseline),
    list.map(([, variant]) => variant),
    options,
  );
}

/** The exact p: every assignment of signs, each as likely as any other. */
function exact(list: readonly (readonly [number, number])[]): number {
  const differences = list.map(([baseline, variant]) => variant - baseline);
  const seen = Math.abs(differences.reduce((sum, one) => sum + one, 0));
  const count = 2 ** differences.length;
  let asLarge = 0;
  for (let signs = 0; signs < count; signs++) {
    const sum = differences.reduce((total, one, i) => total + ((signs >> i) & 1 ? one : -one), 0);
    if (Math.abs(sum) >= seen) asLarge++;
  }
  return asLarge / count;
}

describe("the paired test", () => {
  it("comes near what counting every assignment gives", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        expect(Math.abs(held(list).p - exact(list))).toBeLessThan(0.03);
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  it("counts wins, losses and the mean difference, ties included", () => {
    const { difference, wins, losses } = held([...[[0, 1] as const, [0.5, 0.5] as const], [1, 0.5], [0, 0.5]], 10);
    expect({ difference, wins, losses }).toEqual({ difference: 0.25, wins: 2, losses: 1 });
  });

  it("says that what is alike is alike, and that thirty wins of thirty are no chance", () => {
    expect(held(Array.from({ length: 30 }, () => [0.5, 0.5] as const)).p).toBe(1);
    const won = held(Array.from({ length: 30 }, () => [0.25, 0.5] as const));
    expect(won.p).toBeCloseTo(1 / 10_001, 12);
    expect(won).toMatchObject({ difference: 0.25, wins: 30, losses: 0 });
  });

  it("gives both sides the same p, and the same seed the same answer", () => {
    const list = [[0.1, 0.4] as const, [0.6, 0.5] as const, [0, 0.9] as const, [0.2, 0.3] as const];
    const there = held(list);
    const back = held(list.map(([baseline, variant]) => [variant, baseline] as const));
    expect(held(list)).toEqual(there);
    expect(back.difference).toBeCloseTo(-there.difference, 12);
    expect(back.p).toBe(there.p);
  });

  it("refuses figures that are not paired", () => {
    expect(() => pairedTest([1], [1, 0], { random: seededRandom(1) })).toThrow(RangeError);
  });
});
