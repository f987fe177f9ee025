import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCalls } from "../../src/leaf/calls.ts";
import { createReplicas } from "../../src/leaf/replicas.ts";
import { createSnapshotStore } from "../../src/leaf/snapshot-store.ts";
import { demoDefinition, fakeReplicas } from "../support/fake-replica.ts";

const address = { index: "demo", incarnation: 7, shard: 0 };
const one = Symbol("one root");
const other = Symbol("another root");

describe("a replica that several roots want", () => {
  it("is dropped when the last of them wants it no more", async () => {
    const { open, closed } = fakeReplicas();
    const replicas = createReplicas(open);
    await replicas.open(demoDefinition, 0, { from: one });
    await replicas.open(demoDefinition, 0, { from: other });
    await replicas.close(address, one);
    await replicas.close(address, one);
    expect(closed).toEqual([]);
    await replicas.close(address, other);
    expect(closed).toEqual(["demo/7/0"]);
  });

  it("is dropped when the link of the only one that still wanted it is gone", async () => {
    const { open, closed } = fakeReplicas();
    const replicas = createReplicas(open);
    await replicas.open(demoDefinition, 0, { from: one });
    await replicas.open(demoDefinition, 0, { from: other });
    await replicas.close(address, one);
    replicas.leave(other);
    await expect.poll(() => closed).toEqual(["demo/7/0"]);
  });

  it("stays while nobody has said that it is not wanted, whatever links break", async () => {
    const { open, closed } = fakeReplicas();
    const replicas = createReplicas(open);
    await replicas.open(demoDefinition, 0, { from: one });
    replicas.leave(one);
    await replicas.open(demoDefinition, 0, { from: other });
    await replicas.open(demoDefinition, 0, { from: one });
    await replicas.close(address, one);
    await replicas.open(demoDefinition, 0, { from: one });
    replicas.leave(other);
    replicas.leave(one);
    await new Promise(setImmediate);
    expect(closed).toEqual([]);
    expect(replicas.states()).toHaveLength(1);
  });

  it("is opened anew only after it was dropped for good", async () => {
    const fakes = fakeReplicas();
    const events: string[] = [];
    let finishDrop = (): void => undefined;
    const replicas = createReplicas(async (definition, shard) => {
      events.push("open");
      const replica = await fakes.open(definition, shard, []);
      const drop = async (): Promise<void> => {
        await new Promise<void>((resolve) => {
          finishDrop = resolve;
        });
        events.push("dropped");
      };
      // The getter of its sequence would not survive a spread.
      return Object.assign(replica, { drop });
    });
    await replicas.open(demoDefinition, 0, { from: one });
    const closing = replicas.close(address, one);
    const opening = replicas.open(demoDefinition, 0, { from: other });
    await new Promise(setImmediate);
    finishDrop();
    await Promise.all([closing, opening]);
    expect(events).toEqual(["open", "dropped", "open"]);
  });

  it("is dropped where it is wanted no more while an earlier life of it is still on its way out", async () => {
    const fakes = fakeReplicas();
    let finishDrop = (): void => undefined;
    const replicas = createReplicas(async (definition, shard) => {
      const replica = await fakes.open(definition, shard, []);
      if (definition.incarnation > demoDefinition.incarnation) return replica;
      const drop = (): Promise<void> =>
        new Promise((resolve) => {
          finishDrop = resolve;
        });
      return Object.assign(replica, { drop });
    });
    await replicas.open(demoDefinition, 0, { from: one });
    const opening = replicas.open({ ...demoDefinition, incarnation: 8 }, 0, { from: one });
    await new Promise(setImmediate);
    expect(replicas.states()).toMatchObject([{ incarnation: 8, state: "opening" }]);
    const closing = replicas.close({ ...address, incarnation: 8 }, one);
    finishDrop();
    await Promise.all([opening, closing]);
    expect(fakes.closed).toEqual(["demo/8/0"]);
    expect(replicas.states()).toEqual([]);
  });

  it("is opened and dropped in turns, however fast its roots change their minds", async () => {
    const fakes = fakeReplicas();
    const events: string[] = [];
    const replicas = createReplicas(async (definition, shard) => {
      events.push("open");
      const drop = async (): Promise<void> => {
        await new Promise(setImmediate);
        events.push("dropped");
      };
      return Object.assign(await fakes.open(definition, shard, []), { drop });
    });
    const calls: Promise<unknown>[] = [];
    for (let turn = 0; turn < 3; turn++)
      calls.push(replicas.open(demoDefinition, 0, { from: one }), replicas.close(address, one));
    await Promise.all(calls);
    expect(events).toEqual(["open", "dropped", "open", "dropped", "open", "dropped"]);
    expect(replicas.states()).toEqual([]);
  });
});

describe("what a leaf still holds of indexes that were dropped while it was away", () => {
  it("goes when a root tells it what stands, unless another root has asked for it", async () => {
    const { open, closed } = fakeReplicas();
    const replicas = createReplicas(open);
    const call = createCalls(replicas);
    const retain = (standing: number[], from: symbol): Promise<unknown> =>
      call({ name: "retain", params: { standing, head: 10 }, body: new Uint8Array(), from });
    for (const [index, incarnation] of Object.entries({ dropped: 6, demo: 7, wanted: 8, later: 11 }))
      await replicas.open({ ...demoDefinition, index, incarnation }, 0, { from: one });
    replicas.leave(one);
    await replicas.open({ ...demoDefinition, index: "wanted", incarnation: 8 }, 0, { from: other });
    await retain([7], one);
    expect(closed).toEqual(["dropped/6/0"]);
    await retain([7], other);
    expect(closed).toEqual(["dropped/6/0", "wanted/8/0"]);
    expect(replicas.states().map(({ index }) => index)).toEqual(["demo", "later"]);
  });
});

describe("what a leaf kept on its disk", () => {
  it("stays of the shards that are placed or held there, and of what the root says nothing of", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hedgerow-retain-"));
    const store = createSnapshotStore(directory);
    const replicas = createReplicas(fakeReplicas().open);
    const call = createCalls(replicas, (retained) => store.retain(retained));
    await replicas.open(demoDefinition, 2, { from: one });
    for (const name of ["7-0", "7-1", "7-2", "8-0", "9-0", "12-0"])
      await cp(import.meta.filename, join(directory, name, "manifest"));
    const placed = [{ incarnation: 7, shards: [0] }];
    const params = { standing: [7, 8], head: 10, placed };
    expect(await call({ name: "retain", params, body: new Uint8Array() })).toEqual({ kind: "answered", result: {} });
    expect((await readdir(directory)).sort()).toEqual(["12-0", "7-0", "7-2", "8-0"]);
    const misfit = { name: "retain", params: { ...params, placed: [{ incarnation: 7 }] }, body: new Uint8Array() };
    expect(await call(misfit)).toMatchObject({ kind: "failed", error: { code: "bad_call" } });
    await rm(directory, { recursive: true });
  });
});
