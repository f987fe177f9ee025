import { expect, it } from "vitest";
import type { ReplicaFeed } from "../../src/root/feed.ts";
import { missingReplicas } from "../../src/root/missing-replicas.ts";
import { demoDefinition } from "../support/fake-replica.ts";

const definition = { ...demoDefinition, settings: { ...demoDefinition.settings, replicas: 3 } };

function feed(leaf: string, how: Partial<Pick<ReplicaFeed, "state" | "full" | "hasCaughtUp">> = {}) {
  return { leaf: { name: leaf }, state: "ready" as const, full: undefined, hasCaughtUp: true, ...how };
}

it("counts the replicas that no leaf holds where they are wanted, by why", () => {
  const held = [feed("a"), feed("b", { state: "unreachable" }), feed("elsewhere")];
  const filled = [
    feed("a", { state: "catching-up" }),
    feed("b", { state: "catching-up", hasCaughtUp: false }),
    feed("c", { state: "catching-up", hasCaughtUp: false, full: "no room" }),
  ];
  const index = { definition, shards: [{ feeds: held }, { feeds: filled }, { feeds: [] }] };
  const leaves = [["a", "b"], ["a", "b", "c"], []];
  expect(missingReplicas([{ index, leaves }])).toEqual({ no_leaf: 4, unreachable: 1, no_memory: 1, filling: 1 });
});
