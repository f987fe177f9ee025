import type { AppendedShard, ChangeLog } from "../changes/log.ts";
import { chooseSalt, placeReplicas } from "../cluster/placement.ts";
import type { TailPolicy } from "../policy/tail.ts";
import type { Random, Timer, Timers } from "../time.ts";
import type { Catalog, CatalogIndex } from "./catalog.ts";
import { ReplicaFeed } from "./feed.ts";
import type { LeafLink } from "./leaf-link.ts";
import { StatisticsRefresh } from "./refresh.ts";
import { retainOn } from "./retain.ts";

/** A leaf of the cluster as the root was told of it. */
export type Member = { name: string; zone?: string; link: LeafLink };

export type TopologyOptions = {
  members: readonly Member[];
  catalog: Catalog;
  policy: TailPolicy;
  log: ChangeLog;
  timers: Timers;
  random: Random;
  refreshIntervalMs: number;
  /** Called after new statistics of an index were published. */
  onPublished: (index: CatalogIndex) => void;
};

const closeTimeoutMs = 5_000;
/** How often the links' round trips are handed to the tail policy. */
const pulseMs = 1_000;

/**
 * Who holds what: places every index's replicas on the members, feeds each from the log, and keeps the statistics
 * fresh. Placement is computed from the members' names, never negotiated.
 */
export class Topology {
  readonly #options: TopologyOptions;
  readonly #refreshes = new Map<CatalogIndex, StatisticsRefresh>();
  readonly #unsubscribe: () => void;
  #pulse: Timer;

  constructor(options: TopologyOptions) {
    this.#options = options;
    this.#unsubscribe = options.log.onAppend((appended) => this.#onAppend(appended));
    this.#pulse = options.timers.after(pulseMs, () => this.#onPulse());
  }

  get members(): readonly Member[] {
    return this.#options.members;
  }

  /** The salt for an index that is to be created now. */
  saltFor(index: string, { shards, replicas }: { shards: number; replicas: number }): number {
    return chooseSalt({ index, shards, replicas, leaves: this.#options.members });
  }

  /** Places an index and starts feeding its replicas. */
  take(index: CatalogIndex): void {
    const { timers, refreshIntervalMs: intervalMs, onPublished } = this.#options;
    const refresh = new StatisticsRefresh(index, { timers, intervalMs, onPublished });
    this.#refreshes.set(index, refresh);
    const { settings } = index.definition;
    const placed = placeReplicas({
      index: index.definition.index,
      shards: settings.shards,
      replicas: settings.replicas,
      leaves: this.#options.members,
      salt: settings.placementSalt,
    });
    index.shards.forEach(({ feeds, health }, shard) => {
      for (const name of placed[shard] ?? []) {
        const member = this.#options.members.find((candidate) => candidate.name === name);
        if (member !== undefined) feeds.push(this.#feed(index, shard, member));
      }
      health.replicas = feeds.map((feed) => feed.health);
    });
  }

  /** Stops feeding an index and has its leaves free what they hold of it. */
  release(index: CatalogIndex): void {
    this.#refreshes.get(index)?.close();
    this.#refreshes.delete(index);
    const { index: name, incarnation } = index.definition;
    for (const feed of feedsOf(index)) {
      feed.close();
      feed.link
        .call("close", { index: name, incarnation, shard: feed.shard }, { timeoutMs: closeTimeoutMs })
        .catch(() => undefined); // A leaf that is away starts without the replica: nothing asks it to open one.
    }
  }

  /** Says that the link of a member went up or down. */
  onLink(name: string): void {
    for (const index of this.#options.catalog.all()) {
      for (const feed of feedsOf(index)) if (feed.leaf.name === name) feed.notify();
    }
    const link = this.#options.members.find((member) => member.name === name)?.link;
    if (link?.connected === true) void retainOn(link, this.#options.log);
  }

  close(): void {
    this.#unsubscribe();
    this.#pulse.cancel();
    for (const index of this.#options.catalog.all()) {
      this.#refreshes.get(index)?.close();
      for (const feed of feedsOf(index)) feed.close();
    }
    for (const { link } of this.#options.members) link.close();
  }

  #feed(index: CatalogIndex, shard: number, member: Member): ReplicaFeed {
    const { log, timers, random, policy } = this.#options;
    const { name: leaf, zone } = member;
    const health = policy.replica({ leaf, ...(zone === undefined ? {} : { zone }), tracked: true });
    const onProgress = (): void => this.#refreshes.get(index)?.request();
    return new ReplicaFeed({
      definition: index.definition,
      shard,
      leaf: member,
      health,
      log,
      timers,
      random,
      onProgress,
    });
  }

  #onPulse(): void {
    for (const index of this.#options.catalog.all()) for (const feed of feedsOf(index)) feed.updateHealth();
    this.#pulse = this.#options.timers.after(pulseMs, () => this.#onPulse());
  }

  #onAppend(appended: readonly AppendedShard[]): void {
    for (const { index, incarnation, shard: number, sequence } of appended) {
      const known = this.#options.catalog.find(index);
      const shard = known?.shards[number];
      if (known?.definition.incarnation !== incarnation || shard === undefined) continue;
      shard.appendedSequence = Math.max(shard.appendedSequence, sequence);
      for (const feed of shard.feeds) feed.notify();
    }
  }
}

function feedsOf(index: CatalogIndex): ReplicaFeed[] {
  return index.shards.flatMap(({ feeds }) => feeds);
}
