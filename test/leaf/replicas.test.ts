import { describe, expect, it } from "vitest";
import { HedgerowError } from "../../src/errors.ts";
import { createCalls } from "../../src/leaf/calls.ts";
import { createReplicas, type OpenReplica } from "../../src/leaf/replicas.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import { yieldToLoop } from "../../src/time.ts";
import { demoDefinition, demoPlan, fakeReplicas, planBytes } from "../support/fake-replica.ts";

const address = { index: "demo", incarnation: 7, shard: 0 };
const nothing = new Uint8Array();

describe("replicas", () => {
  it("opens a shard once, however often it is asked", async () => {
    let opened = 0;
    const fakes = fakeReplicas();
    const replicas = createReplicas((definition, shard, eras) => {
      opened++;
      return fakes.open(definition, shard, eras);
    });
    await Promise.all([replicas.open(demoDefinition, 0), replicas.open(demoDefinition, 0)]);
    await replicas.open(demoDefinition, 0);
    expect(opened).toBe(1);
    expect(replicas.status()).toHaveLength(1);
  });

  it("begins anew what was being opened when the log forgot deletes that it has not applied", async () => {
    const fakes = fakeReplicas();
    const [before, after] = [
      [{ id: "a", since: 0 }],
      [
        { id: "a", since: 0 },
        { id: "b", since: 9, deletes: 5 },
      ],
    ];
    const read = Promise.withResolvers<void>();
    const openedWith: unknown[] = [];
    const replicas = createReplicas(async (definition, shard, eras) => {
      openedWith.push(eras);
      const replica = await fakes.open(definition, shard, eras);
      await (eras === before ? read.promise : undefined);
      return Object.assign(replica, { follow: (now: unknown) => now === eras });
    });
    const first = replicas.open(demoDefinition, 0, { eras: before });
    const second = replicas.open(demoDefinition, 0, { eras: after });
    read.resolve();
    await Promise.all([first, second]);
    expect(openedWith).toEqual([before, after]);
    expect([fakes.closed, replicas.states().length]).toEqual([["demo/7/0"], 1]);
  });

  it("frees an earlier life of a shard when a later one is opened, and no other shard", async () => {
    const { open, closed } = fakeReplicas();
    const replicas = createReplicas(open);
    await replicas.open(demoDefinition, 0);
    await replicas.open(demoDefinition, 1);
    await replicas.open({ ...demoDefinition, incarnation: 8 }, 0);
    expect(closed).toEqual(["demo/7/0"]);
    expect(replicas.latest("demo", 0)?.definition.incarnation).toBe(8);
    expect(replicas.latest("demo", 1)?.definition.incarnation).toBe(7);
    expect(replicas.resolve(planBytes(demoPlan()), 0)).toMatchObject({ error: { code: "unknown_shard" } });
    expect(replicas.resolve(planBytes(demoPlan()), 1).kind).toBe("found");
  });

  it("forgets a replica that could not be opened, so that it can be asked for again", async () => {
    const fakes = fakeReplicas();
    let broken = true;
    const replicas = createReplicas(async (definition, shard) => {
      if (broken) throw new Error("no room");
      return fakes.open(definition, shard, []);
    });
    await expect(replicas.open(demoDefinition, 0)).rejects.toThrow("no room");
    broken = false;
    expect(await replicas.open(demoDefinition, 0)).toEqual({ sequence: 0, documents: 0 });
  });

  it("is not ready while a replica is opened, catches up, or has failed", async () => {
    const fakes = fakeReplicas();
    let finishOpening = (): void => undefined;
    let finishApply = (_error?: Error): void => undefined;
    const opening: OpenReplica = async (definition, shard) => {
      await new Promise<void>((resolve) => {
        finishOpening = resolve;
      });
      const replica = await fakes.open(definition, shard, []);
      const apply = (): Promise<number> =>
        new Promise((resolve, reject) => {
          finishApply = (error) => (error === undefined ? resolve(1) : reject(error));
        });
      return Object.assign(replica, { apply });
    };
    const replicas = createReplicas(opening);
    const state = (): string | undefined => replicas.states()[0]?.state;
    const opened = replicas.open(demoDefinition, 0);
    await Promise.resolve();
    expect(state()).toBe("opening");
    expect(replicas.resolve(planBytes(demoPlan()), 0)).toMatchObject({ error: { code: "not_ready" } });
    finishOpening();
    await opened;
    expect(state()).toBe("ready");
    const first = replicas.apply(address, nothing, { after: 0, upTo: 1 });
    expect(state()).toBe("catching-up");
    finishApply();
    await first;
    expect(state()).toBe("ready");
    const second = replicas.apply(address, nothing, { after: 0, upTo: 2 });
    finishApply(new Error("damaged"));
    await expect(second).rejects.toThrow("damaged");
    expect(state()).toBe("failed");
    const third = replicas.apply(address, nothing, { after: 0, upTo: 2 });
    finishApply();
    await third;
    expect(state()).toBe("ready");
    const beyond = replicas.apply(address, nothing, { after: 9, upTo: 12 });
    finishApply(new HedgerowError("not_ready", "the replica stands at 2, before 9"));
    await expect(beyond).rejects.toThrow("before 9");
    expect(state()).toBe("ready");
  });

  it("ends only once what is being dropped is gone", async () => {
    const fakes = fakeReplicas();
    const gone = Promise.withResolvers<void>();
    const replicas = createReplicas(async (definition, shard) =>
      Object.assign(await fakes.open(definition, shard, []), { drop: () => gone.promise }),
    );
    await replicas.open(demoDefinition, 0);
    const dropped = replicas.close(address);
    const steps: string[] = [];
    const ended = replicas.closeAll().then(() => steps.push("ended"));
    await yieldToLoop();
    steps.push("gone");
    gone.resolve();
    await Promise.all([dropped, ended]);
    expect(steps).toEqual(["gone", "ended"]);
  });

  it("tells plans apart that come one after the other", async () => {
    const replicas = createReplicas(fakeReplicas().open);
    await replicas.open(demoDefinition, 0);
    const found = [demoPlan(), { ...demoPlan(), top: 3 }, { ...demoPlan(), top: 3 }, demoPlan()].map((plan) => {
      const resolved = replicas.resolve(planBytes(plan), 0);
      return resolved.kind === "found" ? resolved.plan.top : resolved.error.code;
    });
    expect(found).toEqual([10, 3, 3, 10]);
  });
});

describe("calls", () => {
  async function outcome(name: string, params: unknown, body: Uint8Array = nothing): Promise<unknown> {
    const replicas = createReplicas(fakeReplicas().open);
    await replicas.open(demoDefinition, 0);
    return createCalls(replicas)({ name, params, body });
  }

  it.each([
    ["nonsense", {}],
    ["toString", {}],
    ["open", null],
    ["open", { definition: { ...demoDefinition, index: 3 }, shard: 0 }],
    ["open", { definition: demoDefinition, shard: -1 }],
    ["open", { definition: { ...demoDefinition, settings: {} }, shard: 0 }],
    ["open", { definition: { ...demoDefinition, settings: { ...demoDefinition.settings, language: "xx" } }, shard: 0 }],
    ["apply", { ...address, upTo: "1" }],
    ["apply", address],
    ["statistics", { ...address, since: 3 }],
    ["close", { index: "demo" }],
    ["close", []],
  ])("does not understand %s %j", async (name, params) => {
    expect(await outcome(name, params)).toMatchObject({ kind: "failed", error: { code: "bad_call" } });
  });

  it.each(["apply", "statistics"])("knows no %s for a shard it does not hold", async (name) => {
    const params = { ...address, shard: 5, upTo: 1 };
    expect(await outcome(name, params)).toMatchObject({ kind: "failed", error: { code: "unknown_shard" } });
  });

  it("answers a damaged batch with a failure", async () => {
    const batch = encodeChanges([{ kind: "put", id: "a", sequence: 1, source: Buffer.from("{}") }]);
    const params = { ...address, upTo: 1 };
    expect(await outcome("apply", params, batch)).toEqual({ kind: "answered", result: { sequence: 1 } });
    expect(await outcome("apply", params, batch.subarray(0, 9))).toMatchObject({ error: { code: "crashed" } });
  });
});
