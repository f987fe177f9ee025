import { type Rate, TokenBucket } from "../security/rate-limit.ts";
import type { Log } from "../telemetry/log.ts";
import type { Clock } from "../time.ts";

const lines: Rate = { perS: 0.1, burst: 3 };

/**
 * Tells the log which leaf sends replies that make no sense, and why they make none: a few lines at first, then one in
 * ten seconds, which counts those that were left out.
 */
export class BadReplies {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  #log: Pick<Log, "warn"> | undefined;
  #leftOut = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(lines, clock.nowMs());
  }

  /** Tells where lines go from now on. */
  reportTo(log: Pick<Log, "warn">): void {
    this.#log = log;
  }

  /** What the link to the leaf at `url` tells of them. */
  of(url: string): { onBadReply: (detail: string) => void } {
    return { onBadReply: (detail) => this.#note(url, detail) };
  }

  #note(url: string, detail: string): void {
    if (this.#bucket.take(this.#clock.nowMs()) > 0) {
      this.#leftOut++;
      return;
    }
    this.#log?.warn({ url, detail, leftOut: this.#leftOut }, "leaf sent a reply that makes no sense");
    this.#leftOut = 0;
  }
}
