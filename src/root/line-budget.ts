import { type Rate, TokenBucket } from "../security/rate-limit.ts";
import type { Clock, Timer, Timers } from "../time.ts";
import type { NewsReason } from "./kept-query.ts";

/** Lines of single searches that the log takes: an outage must not fill it, nor cost each search the making of one. */
export const searchLines: Rate = { perS: 10, burst: 50 };

/** How many lines were held back, by what they would have said. */
export type HeldBack = Partial<Record<NewsReason, number>>;

export type LineBudgetOptions = {
  rate: Rate;
  clock: Clock;
  timers: Timers;
  /** Told within a second of what was held back since it was told last, and no more often than that. */
  onHeldBack: (heldBack: HeldBack) => void;
};

const tellEveryMs = 1_000;

/** Says which lines the log takes while there are many, and counts the others. */
export class LineBudget {
  readonly #options: LineBudgetOptions;
  readonly #bucket: TokenBucket;
  #heldBack: HeldBack = {};
  #telling: Timer | undefined;

  constructor(options: LineBudgetOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.rate, options.clock.nowMs());
  }

  /** Whether a line may go out now; where not, it is counted. */
  take(reason: NewsReason): boolean {
    const { clock, timers } = this.#options;
    if (this.#bucket.take(clock.nowMs()) === 0) return true;
    this.#heldBack[reason] = (this.#heldBack[reason] ?? 0) + 1;
    this.#telling ??= timers.after(tellEveryMs, () => this.#tell());
    return false;
  }

  /** Tells what has not been told yet: to be called when no more lines come. */
  close(): void {
    if (this.#telling === undefined) return;
    this.#telling.cancel();
    this.#tell();
  }

  #tell(): void {
    const heldBack = this.#heldBack;
    this.#heldBack = {};
    this.#telling = undefined;
    this.#options.onHeldBack(heldBack);
  }
}
