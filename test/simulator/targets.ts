import { expect, test } from "vitest";
import { play } from "../../src/simulator/play.ts";
import { loadScenario } from "../../src/simulator/scenario-store.ts";
import { judge } from "../../src/simulator/target.ts";

const seeds = [1, 2, 3, 4, 5];

/** Plays a scenario's variants that have targets, at five seeds, and expects every target to hold at each. */
export function expectTargets(name: string): void {
  const file = loadScenario(name);
  const wanted = new Set(file.targets.flatMap(({ variant, of }) => (of === undefined ? [variant] : [variant, of])));
  test.each(seeds)(`${name} at seed %i`, (seed) => {
    const runs = file.variants.filter(({ variant }) => wanted.has(variant));
    const figures = new Map(runs.map((run) => [run.variant, play(run, seed).figures]));
    const verdicts = judge(file.targets, figures);
    expect(verdicts).toHaveLength(file.targets.length);
    expect(verdicts.filter((verdict) => !verdict.holds)).toEqual([]);
  });
}
