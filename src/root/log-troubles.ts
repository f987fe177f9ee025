import type { Log } from "../telemetry/log.ts";

/** Whom a log that cannot be read holds up. */
type Follower = { definition: { index: string }; shard: number; leaf: { name: string } };

/** Which replicas cannot be kept up with the change log. Each cause is logged once, however many it holds up. */
export class LogTroubles {
  readonly #troubles = new Map<object, { of: Follower; detail: string }>();
  #log: Pick<Log, "warn" | "info"> | undefined;

  /** Where causes go from now on, those that stand already among them. */
  reportTo(log: Pick<Log, "warn" | "info">): void {
    this.#log = log;
    const told = new Set<string>();
    for (const { of, detail } of this.#troubles.values()) {
      if (!told.has(detail)) this.#warn(of, detail);
      told.add(detail);
    }
  }

  /** Takes what holds a replica up; undefined: nothing does any more. */
  set(feed: object, of: Follower, detail: string | undefined): void {
    if (detail === undefined) {
      this.forget(feed);
      return;
    }
    const isNews = ![...this.#troubles.values()].some((trouble) => trouble.detail === detail);
    this.#troubles.set(feed, { of, detail });
    if (isNews) this.#warn(of, detail);
  }

  /** Nobody follows the replica any more, or nothing holds it up. */
  forget(feed: object): void {
    const wasHeldUp = this.#troubles.delete(feed);
    if (wasHeldUp && this.#troubles.size === 0) this.#log?.info({}, "the change log can be read again");
  }

  #warn({ definition: { index }, shard, leaf }: Follower, detail: string): void {
    this.#log?.warn(
      { index, shard, leaf: leaf.name, detail },
      "a replica cannot be kept up: the change log cannot be read",
    );
  }
}
