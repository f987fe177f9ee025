import { expect, test } from "vitest";
import type { Attempt } from "../../src/policy/replica.ts";
import { Simulation } from "../../src/simulator/run.ts";
import { readScenarioFile } from "../../src/simulator/scenario.ts";
import { smallScenario } from "../support/small-scenario.ts";

/** One shard of three replicas, with what each is known to take. */
function fleetOf(mediansMs: readonly [number, number, number]) {
  const [scenario] = readScenarioFile({ ...smallScenario, layout: { shards: 1, replicas: 3 } }).variants;
  if (scenario === undefined) throw new Error("a file has at least one variant");
  const { fleet, policy } = new Simulation(scenario, 1);
  const [shard] = fleet.shards;
  for (const [i, medianMs] of mediansMs.entries()) shard?.replicas[i]?.seed(medianMs, 0);
  const act = (index: number, kind: "crash" | "leave" | "join", atMs: number): void => {
    const leaf = fleet.leaves[index];
    if (leaf === undefined) throw new Error(`there is no leaf ${index}`);
    fleet.apply({ atMs, leaf, act: kind === "join" ? { kind, factor: 1, warmMs: 0 } : { kind } }, atMs);
  };
  const newest = () => shard?.replicas.at(-1);
  const replicaOn = (index: number) => shard?.replicas.find(({ leaf }) => leaf === `leaf-${index}`);
  const begin = (index: number) => replicaOn(index)?.begin(0);
  const fail = (attempt: Attempt | undefined): void => {
    if (attempt === undefined || shard === undefined) throw new Error("nothing was begun");
    policy.settle(attempt, { kind: "failed", how: "lost" }, { shard, queryClass: 0, nowMs: 0 });
  };
  /** Has so many attempts in a row fail on a leaf that it is taken out where it may be. */
  const failOften = (index: number): void => {
    for (let failures = 0; failures < 10; failures++) fail(begin(index));
  };
  const holders = () => shard?.replicas.map(({ leaf }) => leaf).sort();
  return { act, newest, fleet, replicaOn, begin, fail, failOften, holders };
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

test("a leaf that joins again and again holds each of its replicas once", () => {
  const { act, holders } = fleetOf([1, 4, 90]);
  act(0, "join", 10);
  act(0, "join", 20);
  expect(holders()).toEqual(["leaf-0", "leaf-1", "leaf-2"]);
});

test("what was held against a replica goes when another takes its place, once its last attempt has ended", () => {
  const { act, fleet, replicaOn, begin, fail, failOften } = fleetOf([1, 4, 90]);
  const last = begin(0);
  failOften(0);
  const before = replicaOn(0);
  expect(before?.standing).toBe("ejected");
  act(0, "join", 10);
  fleet.forgetReplaced();
  failOften(1);
  expect(replicaOn(1)?.standing).toBe("ready");
  fail(last);
  fleet.forgetReplaced();
  failOften(1);
  expect(replicaOn(1)?.standing).toBe("ejected");
});
