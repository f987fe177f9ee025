import type { AppendedShard, ChangeLog } from "../changes/log.ts";
import { leavesToPlaceOn } from "../cluster/members.ts";
import { decideMoves } from "../cluster/moves.ts";
import { chooseSalt, firstFilled, type PlacementLeaf, placeReplicas } from "../cluster/placement.ts";
import type { TailPolicy } from "../policy/tail.ts";
import type { ShardAddress } from "../protocol/link.ts";
import type { Log } from "../telemetry/log.ts";
import type { Clock, Random, Timer, Timers } from "../time.ts";
import type { Catalog, CatalogIndex, CatalogShard } from "./catalog.ts";
import { Departures } from "./departures.ts";
import { type FeedOptions, ReplicaFeed } from "./feed.ts";
import { FillTurns } from "./fill-turns.ts";
import { LogTroubles } from "./log-troubles.ts";
import type { Member, Membership } from "./membership.ts";
import { type MissingReplicas, missingReplicas } from "./missing-replicas.ts";
import { StatisticsRefresh } from "./refresh.ts";
import { heldBy, retainOn } from "./retain.ts";

export type TopologyOptions = {
  membership: Pick<Membership, "members" | "find" | "leaseMs">;
  catalog: Catalog;
  policy: TailPolicy;
  log: Pick<ChangeLog, "read" | "eras" | "head" | "indexes" | "onAppend">;
  clock: Clock;
  timers: Timers;
  random: Random;
  refreshIntervalMs: number;
  /** Called after new statistics of an index were published. */
  onPublished: (index: CatalogIndex) => void;
  /** Called after an index was let go. */
  onReleased: () => void;
};

/** How a replica stands to where placement wants it. `arriving`: it has not caught up for the first time yet. */
export type ReplicaPlace = "settled" | "arriving" | "departing";

/** How often the links' round trips are handed to the tail policy. */
const pulseMs = 1_000;
/** Replicas of one leaf that are filled at the same time: each has a few pages of the log under way. */
const fillsAtOnceMax = 4;

/** What this root knows of one index beside the catalog. */
type Placed = { refresh: StatisticsRefresh; leaves: string[][]; firstFilled: string[]; moving: boolean };

/**
 * Who holds what: places every index's replicas on the members, feeds each from the log, and keeps the statistics
 * fresh. Placement is computed from the members' names, never negotiated; where it changes, replicas move as
 * `cluster/moves` decides. Roots may see a change at different moments: a leaf keeps what any of them wants.
 */
export class Topology {
  readonly #options: TopologyOptions;
  readonly #placed = new Map<CatalogIndex, Placed>();
  readonly #departures: Departures<ReplicaFeed>;
  /** Replicas that were opened beside others, or left searches to them, and take up their share slowly once they serve. */
  readonly #joining = new WeakSet<ReplicaFeed>();
  readonly #turns = new WeakMap<Member, FillTurns>();
  readonly #troubles = new LogTroubles();
  readonly #unsubscribe: () => void;
  #pulse: Timer;
  #started = false;

  constructor(options: TopologyOptions) {
    this.#options = options;
    this.#departures = new Departures(options.timers, ({ health }) => options.policy.forget(health));
    this.#unsubscribe = options.log.onAppend((appended) => this.#onAppend(appended));
    this.#pulse = options.timers.after(pulseMs, () => this.#onPulse());
  }

  /** Where causes go that keep replicas from following the log. */
  reportTo(log: Pick<Log, "warn" | "info">): void {
    this.#troubles.reportTo(log);
  }

  get members(): readonly Member[] {
    return this.#options.membership.members;
  }

  /** The salt for an index that is to be created now. */
  saltFor(index: string, { shards, replicas }: { shards: number; replicas: number }): number {
    return chooseSalt({ index, shards, replicas, leaves: this.#leaves() });
  }

  /** Places an index and starts feeding its replicas. */
  take(index: CatalogIndex): void {
    const { clock, timers, refreshIntervalMs: intervalMs } = this.#options;
    const onPublished = (): void => this.#options.onPublished(index);
    const refresh = new StatisticsRefresh(index, { clock, timers, intervalMs, onPublished });
    this.#placed.set(index, { refresh, leaves: [], firstFilled: [], moving: false });
    this.#place(index);
  }

  /** Looks for what leaves hold that nobody was asked for: to be called once, when all indexes are known. */
  start(): void {
    this.#started = true;
    for (const member of this.members) if (member.link.connected) void this.#greet(member);
  }

  /** Stops feeding an index and has its leaves free what they hold of it. */
  release(index: CatalogIndex): void {
    this.#placed.get(index)?.refresh.close();
    this.#placed.delete(index);
    for (const feed of feedsOf(index)) {
      feed.close();
      this.#troubles.forget(feed);
      this.#departures.add(feed, addressOf(index, feed.shard));
    }
    this.#options.onReleased();
  }

  /** Says that a leaf came, went or is leaving. */
  onLeaves(): void {
    for (const index of this.#placed.keys()) this.#place(index);
  }

  /** Says that the link of a member went up or down. */
  onLink(name: string): void {
    for (const [index, { refresh }] of this.#placed) {
      for (const feed of feedsOf(index)) if (feed.leaf.name === name) feed.notify();
      for (const feed of feedsOf(index)) feed.reconsider();
      // It may have been whom statistics came from.
      refresh.request();
    }
    const member = this.#options.membership.find(name);
    if (this.#started && member?.link.connected === true) void this.#greet(member);
  }

  /** How a replica stands to where placement wants it. */
  placeOf(index: CatalogIndex, { leaf, shard, hasCaughtUp }: ReplicaFeed): ReplicaPlace {
    const isWanted = this.#placed.get(index)?.leaves[shard]?.includes(leaf.name) === true;
    return isWanted ? (hasCaughtUp ? "settled" : "arriving") : "departing";
  }

  /** How many replicas are on their way, over all indexes. */
  get moving(): { arriving: number; departing: number } {
    const places = [...this.#placed.keys()].flatMap((index) => feedsOf(index).map((feed) => this.placeOf(index, feed)));
    const count = (wanted: ReplicaPlace): number => places.filter((place) => place === wanted).length;
    return { arriving: count("arriving"), departing: count("departing") };
  }

  /** How many replicas are wanted that no leaf holds, over all indexes. */
  get missing(): MissingReplicas {
    return missingReplicas([...this.#placed].map(([index, { leaves }]) => ({ index, leaves })));
  }

  /** See `Membership.leaseMs`. */
  leaseMs(member: Member): number | undefined {
    return this.#options.membership.leaseMs(member);
  }

  /** Of the replicas on a leaf, how many are to be let go, and how many are to stay. */
  holdings(name: string): { departing: number; staying: number } {
    const held = [...this.#placed.keys()].flatMap((index) =>
      feedsOf(index).flatMap((feed) => (feed.leaf.name === name ? [this.placeOf(index, feed)] : [])),
    );
    const departing = held.filter((place) => place === "departing").length;
    return { departing, staying: held.length - departing };
  }

  close(): void {
    this.#unsubscribe();
    this.#pulse.cancel();
    this.#departures.close();
    for (const [index, { refresh }] of this.#placed) {
      refresh.close();
      for (const feed of feedsOf(index)) feed.close();
    }
  }

  #leaves(): PlacementLeaf[] {
    return leavesToPlaceOn(this.members).map(({ name, zone }) => (zone === undefined ? { name } : { name, zone }));
  }

  /** Computes where an index's replicas are wanted, and takes the first step there. */
  #place(index: CatalogIndex): void {
    const placed = this.#placed.get(index);
    if (placed === undefined) return;
    const { shards, replicas, placementSalt: salt } = index.definition.settings;
    const leaves = this.#leaves();
    placed.leaves = placeReplicas({ index: index.definition.index, shards, replicas, leaves, salt });
    placed.firstFilled = firstFilled(placed.leaves);
    this.#settle(index, placed);
  }

  #settle(index: CatalogIndex, placed: Placed): void {
    const isMember = (leaf: string): boolean => this.#options.membership.find(leaf) !== undefined;
    index.shards.forEach((shard, number) => {
      const wanted = placed.leaves[number] ?? [];
      const held = shard.feeds.map(({ leaf, health }) => ({ leaf: leaf.name, serving: health.reachable }));
      const { open, drop } = decideMoves({ placed: wanted, held, isMember });
      for (const name of open) this.#open(index, number, name);
      for (const feed of shard.feeds.filter(({ leaf }) => drop.includes(leaf.name))) this.#drop(index, feed);
    });
    placed.moving = index.shards.some(({ feeds }, shard) =>
      feeds.some(({ leaf }) => placed.leaves[shard]?.includes(leaf.name) !== true),
    );
  }

  #open(index: CatalogIndex, shardNumber: number, leaf: string): void {
    const member = this.#options.membership.find(leaf);
    const shard = index.shards[shardNumber];
    if (member === undefined || shard === undefined) return;
    this.#departures.keep(leaf, addressOf(index, shardNumber));
    const feed = this.#feed(index, shardNumber, member);
    if (shard.feeds.some(({ hasCaughtUp }) => hasCaughtUp)) this.#joining.add(feed);
    setFeeds(shard, [...shard.feeds, feed]);
  }

  #drop(index: CatalogIndex, feed: ReplicaFeed): void {
    const shard = index.shards[feed.shard];
    if (shard === undefined) return;
    setFeeds(
      shard,
      shard.feeds.filter((other) => other !== feed),
    );
    feed.close();
    this.#placed.get(index)?.refresh.request();
    this.#troubles.forget(feed);
    this.#departures.add(feed, addressOf(index, feed.shard));
  }

  #feed(index: CatalogIndex, shard: number, member: Member): ReplicaFeed {
    const { log, timers, random, policy } = this.#options;
    const { name: leaf, zone } = member;
    const health = policy.replica({ leaf, ...(zone === undefined ? {} : { zone }), tracked: true });
    const { definition } = index;
    const onProgress = (): void => this.#onProgress(index, feed);
    const turns = this.#turns.get(member) ?? new FillTurns(fillsAtOnceMax);
    this.#turns.set(member, turns);
    const siblings: FeedOptions["siblings"] = () => this.#filling(index, shard);
    const parts = { log, timers, random, turns, siblings };
    const onTrouble = (detail: string | undefined): void =>
      this.#troubles.set(feed, { definition, shard, leaf: member }, detail);
    const feed = new ReplicaFeed({ definition, shard, leaf: member, health, ...parts, onProgress, onTrouble });
    return feed;
  }

  #filling(index: CatalogIndex, shard: number): ReturnType<FeedOptions["siblings"]> {
    const { feeds, appendedSequence } = index.shards[shard] ?? { feeds: [], appendedSequence: 0 };
    const first = this.#placed.get(index)?.firstFilled[shard];
    const isFirst = ({ leaf }: ReplicaFeed): boolean => leaf.name === first;
    return { feeds: [...feeds.filter(isFirst), ...feeds.filter((feed) => !isFirst(feed))], appendedSequence };
  }

  #onProgress(index: CatalogIndex, feed: ReplicaFeed): void {
    const placed = this.#placed.get(index);
    placed?.refresh.request();
    const shard = index.shards[feed.shard];
    for (const sibling of shard?.feeds ?? []) {
      sibling.reconsider();
      if (sibling.standsBack) this.#joining.add(sibling);
      if (sibling.state === "ready" && this.#joining.delete(sibling)) this.#welcome(sibling, shard);
    }
    if (placed?.moving === true) this.#settle(index, placed);
  }

  /** Has a replica that begins to serve take up its share beside those that serve already. */
  #welcome({ health }: ReplicaFeed, shard: CatalogShard | undefined): void {
    const siblings = (shard?.feeds ?? []).filter((feed) => feed.health !== health && feed.state === "ready");
    const { policy, clock } = this.#options;
    policy.welcome(
      health,
      siblings.map((feed) => feed.health),
      clock.nowMs(),
    );
  }

  /**
   * A leaf that is connected again may hold replicas from before: this root was restarted while they moved, or the leaf
   * was away when it should have let them go. They count among those that are there, and serve while they are needed.
   */
  async #greet(member: Member): Promise<void> {
    for (const { index: name, incarnation, shard } of await heldBy(member.link)) {
      const index = this.#options.catalog.find(name);
      const known = index?.shards[shard];
      if (index?.definition.incarnation !== incarnation || known === undefined) continue;
      if (known.feeds.some(({ leaf }) => leaf.name === member.name)) continue;
      if (this.#options.membership.find(member.name) === member) this.#open(index, shard, member.name);
    }
    for (const [index, placed] of this.#placed) this.#settle(index, placed);
    // What a leaf that is leaving kept may be wanted again in a moment, if it only was restarted.
    await retainOn(member.link, this.#options.log, member.leaving ? [] : this.#placedOn(member.name));
  }

  #placedOn(leaf: string): { incarnation: number; shards: number[] }[] {
    return [...this.#placed.keys()].map((index) => {
      const shards = feedsOf(index).flatMap((feed) => (feed.leaf.name === leaf ? [feed.shard] : []));
      return { incarnation: index.definition.incarnation, shards };
    });
  }

  #onPulse(): void {
    for (const index of this.#placed.keys()) for (const feed of feedsOf(index)) feed.reconsider();
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

function addressOf({ definition: { index, incarnation } }: CatalogIndex, shard: number): ShardAddress {
  return { index, incarnation, shard };
}

/** A new list each time: whoever reads one goes on with what stood when it began. */
function setFeeds(shard: CatalogShard, feeds: ReplicaFeed[]): void {
  shard.feeds = feeds;
  shard.health.replicas = feeds.map(({ health }) => health);
}
