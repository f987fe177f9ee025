import { afterEach, describe, expect, it } from "vitest";
import { createLeaf, type Leaf } from "../../src/leaf/leaf.ts";
import { TailPolicy } from "../../src/policy/tail.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";
import { Catalog, type CatalogIndex } from "../../src/root/catalog.ts";
import type { ReplicaFeed } from "../../src/root/feed.ts";
import { createLeafLink } from "../../src/root/leaf-link.ts";
import type { Member } from "../../src/root/membership.ts";
import { showMoves } from "../../src/root/replica-meters.ts";
import { Topology, type TopologyOptions } from "../../src/root/topology.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { systemClock, systemRandom, systemTimers } from "../../src/time.ts";
import { readExposition } from "../support/exposition.ts";
import { demoDefinition, fakeReplicas } from "../support/fake-replica.ts";

const shards = 6;
const settings = { ...demoDefinition.settings, shards, replicas: 1, placementSalt: 1 };
const definition: IndexDefinition = { ...demoDefinition, settings };
const runtime = { clock: systemClock, timers: systemTimers };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A real leaf over fake replicas; while it is slow, what it opens waits. */
class Place {
  readonly name: string;
  readonly leaf: Leaf;
  readonly dropped: string[];
  url = "";
  #slow: Promise<void> | undefined;
  #goOn = (): void => undefined;

  constructor(name: string) {
    const { open, closed } = fakeReplicas();
    this.name = name;
    this.dropped = closed;
    this.leaf = createLeaf({
      name,
      openReplica: async (...wanted) => {
        await this.#slow;
        return open(...wanted);
      },
      ...{ ...runtime, log: { level: "silent" }, runtimeMetrics: false },
    });
  }

  static async at(name: string): Promise<Place> {
    const place = new Place(name);
    place.url = await place.leaf.listen({ host: "127.0.0.1", port: 0 });
    ends.push(() => place.leaf.close(0));
    return place;
  }

  slowDown(): void {
    this.#slow = new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  goOn(): void {
    this.#goOn();
  }

  get held(): number[] {
    return this.leaf.replicas
      .states()
      .map(({ shard }) => shard)
      .sort();
  }
}

const lastPage = { changes: [], upTo: 7, more: false, forgotten: undefined };
const emptyLog: TopologyOptions["log"] = {
  read: async () => lastPage,
  eras: async () => [],
  head: async () => 7,
  indexes: async () => [definition],
  onAppend: () => () => undefined,
};

/** A root's topology over some leaves, with one index. */
class Root {
  readonly members = new Map<string, Member>();
  readonly topology: Topology;
  readonly index: CatalogIndex;
  /** How often it was told that an index was let go. */
  released = 0;

  constructor(places: readonly Place[], { log = emptyLog, definition: one = definition } = {}) {
    const policy = new TailPolicy({ random: systemRandom });
    const catalog = new Catalog({ termsMax: 10, policy });
    const { members } = this;
    const membership: TopologyOptions["membership"] = {
      get members() {
        return [...members.values()];
      },
      find: (name) => members.get(name),
      leaseMs: () => undefined,
    };
    const onPublished = (): void => undefined;
    const parts = { membership, catalog, policy, log, ...runtime, random: systemRandom };
    const onReleased = (): void => {
      this.released++;
    };
    this.topology = new Topology({ ...parts, refreshIntervalMs: 1, onPublished, onReleased });
    for (const place of places) this.#connect(place);
    this.index = catalog.add(one);
    this.topology.take(this.index);
    this.topology.start();
    ends.push(() => this.end());
  }

  end(): void {
    this.topology.close();
    for (const { link } of this.members.values()) link.close();
  }

  join(place: Place): void {
    this.#connect(place);
    this.topology.onLeaves();
  }

  setLeaving(name: string, leaving: boolean): void {
    Object.assign(this.members.get(name) ?? {}, { leaving });
    this.topology.onLeaves();
  }

  /** The leaves that serve each shard. */
  serving(): string[] {
    return this.index.shards.map(({ feeds }) =>
      feeds.flatMap(({ leaf, health }) => (health.reachable ? [leaf.name] : [])).join(),
    );
  }

  async settled(): Promise<void> {
    await expect.poll(() => this.topology.moving).toEqual({ arriving: 0, departing: 0 });
  }

  #connect({ url, name }: Place): void {
    const onState = (): void => this.topology.onLink(name);
    const link = createLeafLink({ url, ...runtime, random: systemRandom, onState });
    this.members.set(name, { name, zone: undefined, url, leaving: false, listed: false, link });
  }
}

function isCovered(root: Root): boolean {
  return root.serving().every((leaves) => leaves !== "");
}

/** The moves as a scrape shows them. */
async function shownMoves({ topology }: Root): Promise<Record<string, number>> {
  const metrics = createMetrics({ runtime: false });
  showMoves(metrics, topology);
  const { families } = readExposition((await metrics.scrape()).text);
  const samples = families.get("hedgerow_root_replicas_moving")?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [labels.direction, value]));
}

describe("a topology", () => {
  it("says that an index is let go, so that what else is known of it can be forgotten", async () => {
    const root = new Root([await Place.at("a")]);
    expect(root.released).toBe(0);
    root.topology.release(root.index);
    expect(root.released).toBe(1);
  });

  it("no longer tells of what kept an index from being followed that was let go", async () => {
    const broken = async (): Promise<never> => {
      throw new Error("the disk is broken");
    };
    const root = new Root([await Place.at("a")], { log: { ...emptyLog, read: broken } });
    const troubled = (): boolean => root.index.shards.some(({ feeds }) => feeds.some(({ trouble }) => trouble));
    await expect.poll(troubled).toBe(true);
    root.topology.release(root.index);
    const told: unknown[] = [];
    root.topology.reportTo({ warn: (...line) => told.push(line), info: () => undefined });
    expect(told).toEqual([]);
  });

  it("lets an old replica go only when the new one serves, and covers every shard all the time", async () => {
    const [one, two] = [await Place.at("one"), await Place.at("two")];
    const root = new Root([one]);
    await root.settled();
    expect(one.held).toEqual([0, 1, 2, 3, 4, 5]);
    two.slowDown();
    root.join(two);
    const { arriving, departing } = root.topology.moving;
    await expect.poll(() => two.held.length).toBe(arriving);
    const moved = two.held;
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.length).toBeLessThan(shards);
    expect(departing).toBe(moved.length);
    expect(await shownMoves(root)).toEqual({ arriving: moved.length, departing: moved.length });
    expect(root.topology.holdings("one")).toEqual({ departing: moved.length, staying: shards - moved.length });
    expect(root.serving()).toEqual(Array(shards).fill("one"));
    expect(one.dropped).toEqual([]);
    two.goOn();
    await expect.poll(() => one.dropped.length).toBe(moved.length);
    expect(isCovered(root)).toBe(true);
    expect(root.serving()).toEqual(Array.from({ length: shards }, (_, i) => (moved.includes(i) ? "two" : "one")));
    expect([...one.held, ...two.held].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await shownMoves(root)).toEqual({ arriving: 0, departing: 0 });
  });

  it("gives up a move whose reason is gone, and takes nothing that serves with it", async () => {
    const [one, two] = [await Place.at("one"), await Place.at("two")];
    const root = new Root([one, two]);
    await root.settled();
    const before = root.serving();
    expect(new Set(before)).toEqual(new Set(["one", "two"]));
    two.slowDown();
    root.setLeaving("one", true);
    await expect.poll(() => two.held.length).toBe(shards);
    root.setLeaving("one", false);
    two.goOn();
    await root.settled();
    await expect.poll(() => one.held.length + two.held.length).toBe(shards);
    expect(root.serving()).toEqual(before);
    expect(one.dropped).toEqual([]);
  });

  it("has a leaf drop a replica only after the last search there has ended", async () => {
    const [one, two] = [await Place.at("one"), await Place.at("two")];
    const root = new Root([one]);
    await root.settled();
    const searches = root.index.shards.map(({ feeds }) => feeds[0]?.health.begin(systemClock.nowMs()));
    const healths = root.index.shards.map(({ feeds }) => feeds[0]?.health);
    root.join(two);
    await root.settled();
    await expect.poll(() => two.held.length).toBeGreaterThan(0);
    expect(one.held).toHaveLength(shards);
    expect(one.dropped).toEqual([]);
    searches.forEach((attempt, i) => {
      if (attempt !== undefined) healths[i]?.settle(attempt);
    });
    await expect.poll(() => one.held.length + two.held.length).toBe(shards);
  });

  it("goes on where another life of it left off: what leaves still hold serves until the rest does", async () => {
    const [one, two] = [await Place.at("one"), await Place.at("two")];
    const first = new Root([one]);
    await first.settled();
    first.end();
    two.slowDown();
    const second = new Root([one, two]);
    const moved = (): number[] => two.held;
    await expect.poll(() => moved().length).toBeGreaterThan(0);
    await expect.poll(() => isCovered(second)).toBe(true);
    expect(second.serving()).toEqual(Array(shards).fill("one"));
    two.goOn();
    await second.settled();
    await expect.poll(() => one.held.length + two.held.length).toBe(shards);
    expect(isCovered(second)).toBe(true);
  });

  it("takes nothing from another root that has not seen the change yet", async () => {
    const [one, two] = [await Place.at("one"), await Place.at("two")];
    const [here, there] = [new Root([one]), new Root([one])];
    await here.settled();
    await there.settled();
    here.join(two);
    await here.settled();
    await expect.poll(() => two.held.length).toBeGreaterThan(0);
    expect(there.serving()).toEqual(Array(shards).fill("one"));
    expect(one.held).toHaveLength(shards);
    there.join(two);
    await there.settled();
    await expect.poll(() => one.held.length + two.held.length).toBe(shards);
    expect(there.serving()).toEqual(here.serving());
  });

  it("fills a few replicas of a leaf at a time where there is much to send, and all in the end", async () => {
    let filling = 0;
    let fillingMost = 0;
    let goOn = (): void => undefined;
    const others = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const source = Buffer.from("{}");
    const log: TopologyOptions["log"] = {
      ...emptyLog,
      async read({ after, limitBytes }) {
        if (after >= 2) return { ...lastPage, upTo: Math.max(7, after) };
        const page = { ...lastPage, more: true, upTo: after + 1 };
        const changes = [{ kind: "put" as const, id: `d${after}`, sequence: after + 1, source }];
        if (limitBytes < 1 << 20) return { ...page, changes };
        if (after === 0) fillingMost = Math.max(fillingMost, ++filling);
        await others;
        if (after === 1) filling--;
        return { ...page, changes };
      },
    };
    const one = await Place.at("one");
    const root = new Root([one], { log });
    await expect.poll(() => [one.held.length, filling]).toEqual([shards, 4]);
    goOn();
    await root.settled();
    expect(root.serving()).toEqual(Array(shards).fill("one"));
    expect([filling, fillingMost]).toEqual([0, 4]);
  });

  it("has a replica that was filled after another take up its share slowly", async () => {
    const two: IndexDefinition = { ...definition, settings: { ...settings, shards: 1, replicas: 2 } };
    const source = Buffer.alloc(100_000, " ");
    const first = definition.incarnation;
    const last = first + 10;
    let appended = first;
    let tell: Parameters<TopologyOptions["log"]["onAppend"]>[0] = () => undefined;
    const log: TopologyOptions["log"] = {
      ...emptyLog,
      async read({ after }) {
        const sequence = Math.max(after, first) + 1;
        if (sequence > appended) return { ...lastPage, upTo: Math.max(after, first) };
        const changes = [{ kind: "put" as const, id: `d${sequence}`, sequence, source }];
        return { ...lastPage, changes, upTo: sequence, more: sequence < appended };
      },
      onAppend(run) {
        tell = run;
        return () => undefined;
      },
    };
    const root = new Root([await Place.at("one"), await Place.at("two")], { log, definition: two });
    const feeds = (): readonly ReplicaFeed[] => root.index.shards[0]?.feeds ?? [];
    await expect.poll(() => feeds().map(({ state }) => state)).toEqual(["ready", "ready"]);
    feeds()[0]?.health.seed(4, systemClock.nowMs());
    appended = last;
    tell([{ index: two.index, incarnation: two.incarnation, shard: 0, sequence: last }]);
    await expect.poll(() => feeds().map(({ sequence }) => sequence)).toEqual([last, last]);
    await expect.poll(() => feeds().map(({ state }) => state)).toEqual(["ready", "ready"]);
    expect(feeds().map(({ health }) => health.joinedMs === undefined)).toEqual([true, false]);
    expect(feeds().map(({ health }) => health.ownMedianMs)).toEqual([4, 4]);
  });
});
