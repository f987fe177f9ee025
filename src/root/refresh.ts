import type { Timers } from "../time.ts";
import type { CatalogIndex } from "./catalog.ts";
import type { ReplicaFeed } from "./feed.ts";

export type RefreshOptions = {
  timers: Timers;
  /** The shortest time between two rounds for one index. */
  intervalMs: number;
  /** Called after new statistics were published. */
  onPublished: (index: CatalogIndex) => void;
};

const callTimeoutMs = 10_000;

/**
 * Keeps an index's global statistics near the truth: after its replicas moved on, asks one replica of each shard for
 * what changed. Stays with the same replica while it lasts, because another one keeps another journal.
 */
export class StatisticsRefresh {
  readonly #index: CatalogIndex;
  readonly #options: RefreshOptions;
  readonly #sources: (ReplicaFeed | undefined)[];
  #waiting = false;
  #closed = false;

  constructor(index: CatalogIndex, options: RefreshOptions) {
    this.#index = index;
    this.#options = options;
    this.#sources = index.shards.map(() => undefined);
  }

  /** Says that some replica has progressed. Many calls within one interval make one round. */
  request(): void {
    if (this.#waiting || this.#closed) return;
    this.#waiting = true;
    this.#options.timers.after(this.#options.intervalMs, () => void this.#round());
  }

  close(): void {
    this.#closed = true;
  }

  async #round(): Promise<void> {
    if (this.#closed) return;
    const changed = await Promise.all(this.#index.shards.map((_, shard) => this.#refreshShard(shard)));
    this.#waiting = false;
    if (this.#closed) return;
    if (changed.some((outcome) => outcome === "published")) this.#options.onPublished(this.#index);
    if (changed.some((outcome) => outcome === "failed") || this.#isBehind()) this.request();
  }

  async #refreshShard(shard: number): Promise<"published" | "current" | "failed"> {
    const source = this.#source(shard);
    const known = this.#index.statistics.cursor(shard);
    if (source === undefined) return "current";
    if (known !== undefined && this.#index.statistics.shard(shard).sequence >= source.appliedSequence) return "current";
    const { index, incarnation } = this.#index.definition;
    try {
      for (;;) {
        const since = this.#index.statistics.cursor(shard);
        const params = { index, incarnation, shard, ...(since === undefined ? {} : { since }) };
        const delta = await source.link.call("statistics", params, { timeoutMs: callTimeoutMs });
        if (this.#index.statistics.apply(shard, delta)) return "published";
      }
    } catch {
      return "failed";
    }
  }

  #source(shard: number): ReplicaFeed | undefined {
    const current = this.#sources[shard];
    const there = (this.#index.shards[shard]?.feeds ?? []).filter(({ isOpen }) => isOpen);
    const known = current !== undefined && there.includes(current) ? [current, ...there] : there;
    const next = known.find(({ state }) => state === "ready") ?? known[0];
    this.#sources[shard] = next;
    return next;
  }

  #isBehind(): boolean {
    return this.#index.shards.some((_, shard) => {
      const source = this.#source(shard);
      return source !== undefined && this.#index.statistics.shard(shard).sequence < source.appliedSequence;
    });
  }
}
