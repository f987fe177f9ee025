import { expect, test } from "vitest";
import { Simulation } from "../../src/simulator/run.ts";
import { readScenarioFile } from "../../src/simulator/scenario.ts";
import { smallScenario } from "../support/small-scenario.ts";

/** One shard of three replicas, with what each is known to take. */
function fleetOf(mediansMs: readonly [number, number, number]) {
  const [scenario] = readScenarioFile({ ...smallScenario, layout: { shards: 1, replicas: 3 } }).variants;
  if (scenario === undefined) throw new Error("a file has at least one variant");
  const { fleet } = new Simulation(scenario, 1);
  const [shard] = fleet.shards;
  for (const [i, medianMs] of mediansMs.entries()) shard?.replicas[i]?.seed(medianMs, 0);
  const act = (index: number, kind: "crash" | "leave" | "join", atMs: number): void => {
    const leaf = fleet.leaves[index];
    if (leaf === undefined) throw new Error(`there is no leaf ${index}`);
    fleet.apply({ atMs, leaf, act: kind === "join" ? { kind, factor: 1, warmMs: 0 } : { kind } }, atMs);
  };
  const newest = () => shard?.replicas.at(-1);
  return { act, newest };
}

test("a leaf that joins is welcomed by those that serve, and by nobody else", () => {
  const { act, newest } = fleetOf([1, 4, 90]);
  act(0, "leave", 0);
  act(2, "crash", 5);
  act(0, "join", 10);
  expect(newest()).toMatchObject({ leaf: "leaf-0", ownMedianMs: 4, joinedMs: 10 });
});

test("a leaf that joins when no other serves takes all the queries at once", () => {
  const { act, newest } = fleetOf([1, 4, 90]);
  act(0, "leave", 0);
  act(1, "crash", 5);
  act(2, "crash", 5);
  act(0, "join", 10);
  expect(newest()).toMatchObject({ leaf: "leaf-0", ownMedianMs: 0, joinedMs: undefined });
});
