import type { ShardAddress } from "../protocol/link.ts";
import type { StatisticsCursor, StatisticsDelta } from "../protocol/statistics.ts";
import type { GlobalStatistics } from "../query/statistics.ts";
import type { Clock, Timers } from "../time.ts";

/** A replica that can be asked for its shard's statistics; see `ReplicaFeed`. */
export type StatisticsSource = {
  readonly isOpen: boolean;
  readonly state: string;
  /** Why its leaf takes no more; undefined while it does. */
  readonly full: string | undefined;
  readonly appliedSequence: number;
  readonly link: {
    call(
      name: "statistics",
      params: ShardAddress & { since?: StatisticsCursor },
      options: { timeoutMs: number },
    ): Promise<StatisticsDelta>;
  };
};

/** What is refreshed; see `CatalogIndex`. */
export type RefreshedIndex = {
  readonly definition: { index: string; incarnation: number };
  readonly statistics: Pick<GlobalStatistics, "cursor" | "shard" | "apply">;
  readonly shards: readonly { feeds: readonly StatisticsSource[] }[];
};

export type RefreshOptions = {
  clock: Clock;
  timers: Timers;
  /** The shortest time between two looks at one index. */
  intervalMs: number;
  /** Called after a shard's new statistics were published. */
  onPublished: () => void;
};

/** Whom a shard's statistics come from, whether it is being asked, and since when a sibling is ahead of it. */
type Slot = { source: StatisticsSource | undefined; busy: boolean; lag: Lag | undefined; failures: number };
type Lag = { sequence: number; sinceMs: number };

const callTimeoutMs = 10_000;
/** A source may take this long to come where a sibling is: what is written is to be found within a second. */
const lagMsMax = 400;

/**
 * Keeps an index's global statistics near the truth: after its replicas moved on, asks one replica of each shard for
 * what changed. Stays with the same replica while that keeps up, because another one keeps another journal; a leaf that
 * hangs or is full would hold the statistics of a shard back whose other replicas have everything.
 */
export class StatisticsRefresh {
  readonly #index: RefreshedIndex;
  readonly #options: RefreshOptions;
  readonly #slots: Slot[];
  #waiting = false;
  #closed = false;

  constructor(index: RefreshedIndex, options: RefreshOptions) {
    this.#index = index;
    this.#options = options;
    this.#slots = index.shards.map(() => ({ source: undefined, busy: false, lag: undefined, failures: 0 }));
  }

  /** Says that some replica has progressed, or come or gone. Many calls within one interval make one look. */
  request(): void {
    if (this.#waiting || this.#closed) return;
    this.#waiting = true;
    this.#options.timers.after(this.#options.intervalMs, () => this.#look());
  }

  close(): void {
    this.#closed = true;
  }

  #look(): void {
    this.#waiting = false;
    if (this.#closed) return;
    this.#slots.forEach((slot, shard) => {
      if (!slot.busy) void this.#refreshShard(shard, slot);
    });
  }

  /** A shard whose source does not answer holds up no other one. */
  async #refreshShard(shard: number, slot: Slot): Promise<void> {
    this.#choose(shard, slot);
    const { source } = slot;
    let failed = false;
    if (source !== undefined && this.#isBehind(shard, source)) {
      slot.busy = true;
      failed = !(await this.#fetch(shard, source, this.#patienceMs(shard, slot)));
      slot.busy = false;
      if (this.#closed) return;
      slot.failures = failed ? slot.failures + 1 : 0;
      if (failed) this.#turnAway(shard, slot);
      else this.#options.onPublished();
      this.#choose(shard, slot);
    }
    const next = slot.source;
    if (failed || slot.lag !== undefined || (next !== undefined && this.#isBehind(shard, next))) this.request();
  }

  /**
   * How long a source may take for an answer: where another could be asked no longer than it may lag, but twice that after
   * each failure, since all may be slow.
   */
  #patienceMs(shard: number, { source, failures }: Slot): number {
    const hasOther = this.#ready(shard).some((other) => other !== source);
    return hasOther ? Math.min(callTimeoutMs, lagMsMax * 2 ** failures) : callTimeoutMs;
  }

  /** Goes over from a source that did not answer to a sibling that has something new. */
  #turnAway(shard: number, slot: Slot): void {
    const others = this.#ready(shard).filter((other) => other !== slot.source && this.#isBehind(shard, other));
    slot.source = bestOf(others) ?? slot.source;
  }

  /** Whether all that the source has to say was published. */
  async #fetch(shard: number, source: StatisticsSource, timeoutMs: number): Promise<boolean> {
    const { definition, statistics } = this.#index;
    const { index, incarnation } = definition;
    try {
      for (;;) {
        const since = statistics.cursor(shard);
        const params = { index, incarnation, shard, ...(since === undefined ? {} : { since }) };
        const delta = await source.link.call("statistics", params, { timeoutMs });
        if (statistics.apply(shard, delta)) return true;
      }
    } catch {
      return false;
    }
  }

  #isBehind(shard: number, source: StatisticsSource): boolean {
    const { statistics } = this.#index;
    return statistics.cursor(shard) === undefined || statistics.shard(shard).sequence < source.appliedSequence;
  }

  #open(shard: number): StatisticsSource[] {
    return (this.#index.shards[shard]?.feeds ?? []).filter(({ isOpen }) => isOpen);
  }

  #ready(shard: number): StatisticsSource[] {
    return this.#open(shard).filter(({ state }) => state === "ready");
  }

  #choose(shard: number, slot: Slot): void {
    const there = this.#open(shard);
    const ready = this.#ready(shard);
    const { source } = slot;
    if (source !== undefined && ready.includes(source) && !this.#isOvertaken(source, ready, slot)) return;
    slot.lag = undefined;
    slot.source = bestOf(ready) ?? source ?? there[0];
    if (slot.source !== undefined && !there.includes(slot.source)) slot.source = there[0];
  }

  /** Whether a sibling is ahead of a source that takes no more, or that does not come to where the sibling is in time. */
  #isOvertaken(source: StatisticsSource, ready: readonly StatisticsSource[], slot: Slot): boolean {
    const first = furthest(ready);
    if (first === undefined || first.appliedSequence <= source.appliedSequence) {
      slot.lag = undefined;
      return false;
    }
    if (source.full !== undefined && first.full === undefined) return true;
    const nowMs = this.#options.clock.nowMs();
    if (slot.lag === undefined || source.appliedSequence >= slot.lag.sequence)
      slot.lag = { sequence: first.appliedSequence, sinceMs: nowMs };
    return nowMs - slot.lag.sinceMs >= lagMsMax;
  }
}

/** The furthest of those that take more, or, where none does, of all. */
function bestOf(feeds: readonly StatisticsSource[]): StatisticsSource | undefined {
  return furthest(feeds.filter(({ full }) => full === undefined)) ?? furthest(feeds);
}

/** Of several that have come as far the first. */
function furthest(feeds: readonly StatisticsSource[]): StatisticsSource | undefined {
  return feeds.reduce<StatisticsSource | undefined>(
    (best, feed) => (best === undefined || feed.appliedSequence > best.appliedSequence ? feed : best),
    undefined,
  );
}
