import { afterEach, describe, expect, it } from "vitest";
import type { ChangeLog } from "../../src/changes/log.ts";
import { TailPolicy } from "../../src/policy/tail.ts";
import { ReplicaFeed } from "../../src/root/feed.ts";
import { FillTurns } from "../../src/root/fill-turns.ts";
import type { LeafLink } from "../../src/root/leaf-link.ts";
import { systemRandom, yieldToLoop } from "../../src/time.ts";
import { demoDefinition } from "../support/fake-replica.ts";
import { virtualTime } from "../support/virtual-time.ts";

const created = demoDefinition.incarnation;
const pageChanges = 10;
const source = Buffer.alloc(10_000, " ");
/** Longer than a feed waits before it asks again, the log or its leaf. */
const retryMsMax = 1_500;

const up = { url: "", leaf: undefined, leaving: false, inflight: 0, rttMs: 1, trouble: undefined, lost: undefined };

/** The log of one shard: so many changes, a few a page. */
class Log implements Pick<ChangeLog, "read" | "eras"> {
  appended = created;

  /** Why it cannot be read. */
  trouble: string | undefined;

  /** What a read waits for. */
  held: Promise<void> | undefined;

  async read({ after }: { after: number }): ReturnType<ChangeLog["read"]> {
    await this.held;
    if (this.trouble !== undefined) throw new Error(this.trouble);
    const upTo = Math.min(this.appended, Math.max(after, created) + pageChanges);
    const from = Math.max(after, created);
    const changes = Array.from({ length: upTo - from }, (_, i) => {
      return { kind: "put" as const, id: `d${from + i}`, sequence: from + i + 1, source };
    });
    return { changes, upTo, more: upTo < this.appended, forgotten: undefined };
  }

  async eras(): ReturnType<ChangeLog["eras"]> {
    if (this.trouble !== undefined) throw new Error(this.trouble);
    return [];
  }
}

/** Waits until nothing moves any more that needs no time to pass. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await yieldToLoop();
}

/** The way to a leaf that applies a page when it is told to. */
class Leaf {
  connected = true;
  applied = 0;
  /** What it was asked, in order. */
  readonly called: string[] = [];
  readonly waiting: (() => void)[] = [];
  readonly link: LeafLink;

  constructor() {
    const leaf = this;
    const call = async (name: string, params: { upTo?: number }): Promise<unknown> => {
      leaf.called.push(name);
      if (name === "open") return { sequence: leaf.applied };
      await new Promise<void>((resolve) => void leaf.waiting.push(resolve));
      leaf.applied = params.upTo ?? 0;
      return { sequence: leaf.applied };
    };
    this.link = {
      call: call as LeafLink["call"],
      search: () => undefined,
      cancel: () => undefined,
      close: () => undefined,
      clockOffset: () => undefined,
      state: () => ({ ...up, connected: leaf.connected }),
      get connected() {
        return leaf.connected;
      },
      ...{ inflight: 0, rttMs: 1, batch: 0 },
    };
  }

  /** Applies what waits; answers how many pages that were. */
  async apply(): Promise<number> {
    const pages = this.waiting.splice(0);
    for (const resolve of pages) resolve();
    await settled();
    return pages.length;
  }
}

/** Two replicas of a shard. */
class Shard {
  readonly log = new Log();
  readonly time = virtualTime();
  readonly troubles: (string | undefined)[] = [];
  readonly leaves = [new Leaf(), new Leaf()] as const;
  readonly feeds: [ReplicaFeed, ReplicaFeed];

  constructor() {
    const policy = new TailPolicy({ random: systemRandom });
    const feed = (leaf: Leaf, name: string): ReplicaFeed =>
      new ReplicaFeed({
        definition: demoDefinition,
        shard: 0,
        leaf: { name, link: leaf.link },
        health: policy.replica({ leaf: name }),
        log: this.log,
        timers: this.time.timers,
        random: systemRandom,
        turns: new FillTurns(4),
        siblings: () => ({ feeds: this.feeds ?? [], appendedSequence: this.log.appended }),
        onProgress: () => this.reconsider(),
        onTrouble: (detail) => void this.troubles.push(detail),
      });
    this.feeds = [feed(this.leaves[0], "one"), feed(this.leaves[1], "two")];
    ends.push(() => this.close());
  }

  reconsider(): void {
    for (const feed of this.feeds ?? []) feed.reconsider();
  }

  get states(): string[] {
    return this.feeds.map(({ state }) => state);
  }

  async append(changes: number): Promise<void> {
    this.log.appended += changes;
    for (const feed of this.feeds) feed.notify();
    await settled();
  }

  /** Lets pass what a feed waits before it asks again. */
  async waits(): Promise<void> {
    this.time.advance(retryMsMax);
    await settled();
  }

  async close(): Promise<void> {
    for (const feed of this.feeds) feed.close();
    for (const leaf of this.leaves) await leaf.apply();
  }

  static async serving(): Promise<Shard> {
    const shard = new Shard();
    await settled();
    expect(shard.states).toEqual(["ready", "ready"]);
    return shard;
  }
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

describe("the feeds of a shard's replicas", () => {
  it("tell the policy where a leaf is by now, which may have been started again in another zone", async () => {
    const shard = await Shard.serving();
    const [one, two] = shard.feeds;
    const zones = (): unknown[] => [one.health.zone, two.health.zone];
    one.leaf.zone = "east";
    shard.reconsider();
    expect(zones()).toEqual(["east", undefined]);
    one.leaf.zone = "west";
    shard.reconsider();
    expect(zones()).toEqual(["west", undefined]);
  });

  it("send a large load to one first, which answers alone, and then to the other", async () => {
    const shard = await Shard.serving();
    const [one, two] = shard.leaves;
    await shard.append(20 * pageChanges);
    let pages = 0;
    while (one.waiting.length > 0) {
      expect(shard.states).toEqual(["ready", "catching-up"]);
      pages += await one.apply();
    }
    expect(pages).toBe(20);
    expect(one.applied).toBe(shard.log.appended);
    expect(two.waiting.length).toBeGreaterThan(0);
    expect(shard.states).toEqual(["ready", "catching-up"]);
    while (two.waiting.length > 0) await two.apply();
    expect(two.applied).toBe(shard.log.appended);
    expect(shard.states).toEqual(["ready", "ready"]);
  });

  it("go on with the other as soon as the first is gone, and let it serve when it has what the first had", async () => {
    const shard = await Shard.serving();
    const [one, two] = shard.leaves;
    await shard.append(20 * pageChanges);
    await one.apply();
    expect(two.waiting).toHaveLength(0);
    one.connected = false;
    shard.feeds[0].notify();
    shard.reconsider();
    expect(shard.states).toEqual(["unreachable", "catching-up"]);
    await settled();
    while (two.waiting.length > 0) await two.apply();
    expect(two.applied).toBe(shard.log.appended);
    expect(shard.states).toEqual(["unreachable", "ready"]);
  });

  it("send small writes to both at once", async () => {
    const shard = await Shard.serving();
    await shard.append(1);
    expect(shard.leaves.map(({ waiting }) => waiting.length)).toEqual([1, 1]);
    expect(shard.states).toEqual(["ready", "ready"]);
  });

  it("go on serving what they have while the log cannot be read, and with the rest once it can", async () => {
    const shard = await Shard.serving();
    const [one, two] = shard.leaves;
    shard.log.trouble = "the disk is broken";
    await shard.append(3);
    expect(shard.troubles).toEqual(["the disk is broken", "the disk is broken"]);
    expect(shard.feeds.map(({ trouble }) => trouble)).toEqual(["the disk is broken", "the disk is broken"]);
    expect(shard.states).toEqual(["ready", "ready"]);
    // A connection that was lost is another matter: the leaf may be another life of itself.
    two.connected = false;
    shard.feeds[1].notify();
    two.connected = true;
    shard.feeds[1].notify();
    expect(shard.states).toEqual(["ready", "catching-up"]);
    shard.log.trouble = undefined;
    await shard.waits();
    // The session of the lost connection has failed now, and another waits to begin.
    await shard.waits();
    expect([one, two].map(({ waiting }) => waiting.length)).toEqual([1, 1]);
    await one.apply();
    await two.apply();
    expect(shard.states).toEqual(["ready", "ready"]);
    expect([one.applied, two.applied]).toEqual([shard.log.appended, shard.log.appended]);
    expect(shard.feeds.map(({ trouble }) => trouble)).toEqual([undefined, undefined]);
  });

  it("ask the next life of a leaf how far it has got before anything is sent there", async () => {
    const shard = await Shard.serving();
    const [one] = shard.leaves;
    let goOn = (): void => undefined;
    shard.log.held = new Promise((resolve) => {
      goOn = resolve;
    });
    await shard.append(1);
    for (const connected of [false, true]) {
      one.connected = connected;
      shard.feeds[0].notify();
    }
    one.called.length = 0;
    goOn();
    await settled();
    expect(one.called.slice(0, 2)).toEqual(["open", "apply"]);
  });
});
