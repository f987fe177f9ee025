import { HedgerowError, messageOf } from "../errors.ts";
import { type Clock, sleep, systemClock, systemTimers, type Timers } from "../time.ts";
import { failureKind, unavailable } from "./jetstream-errors.ts";

const patienceMs = 8_000;
const pauseMs = 50;

/**
 * How long a call holds out while its server is away: a server that is started again, or a new leader, is there within
 * seconds, and what comes later than that is the caller's to decide.
 */
export class Patience {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #untilMs: number;

  constructor({ clock, timers }: { clock: Clock; timers: Timers } = { clock: systemClock, timers: systemTimers }) {
    this.#clock = clock;
    this.#timers = timers;
    this.#untilMs = clock.nowMs() + patienceMs;
  }

  get isOver(): boolean {
    return this.#clock.nowMs() >= this.#untilMs;
  }

  pause(): Promise<void> {
    return sleep(pauseMs, this.#timers);
  }

  /**
   * Repeats what only reads, or may be done again without harm, until it succeeds. Throws `storage_unavailable` when it
   * does not in time, and `too_large` at once where the server takes no message like it.
   */
  async read<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.isOver || error instanceof HedgerowError) throw unavailable(error);
        if (failureKind(error) === "unsendable") throw unavailable(error);
        await this.pause();
      }
    }
  }

  /**
   * Repeats a conditional change that `attempt` decides afresh each time: again when its condition did not hold or its
   * fate is unknown, so `attempt` must recognise what it has done before. What cannot be sent is not tried again.
   */
  async change<T>(attempt: () => Promise<T>): Promise<T> {
    let mayHaveHappened = false;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof HedgerowError) throw error;
        const kind = failureKind(error);
        mayHaveHappened ||= kind === "unknown";
        if (this.isOver || kind === "unsendable") throw mayHaveHappened ? uncertain(error) : unavailable(error);
        if (kind !== "moved") await this.pause();
      }
    }
  }
}

/** What callers see when nobody knows whether a write was made. */
export function uncertain(error: unknown): HedgerowError {
  if (error instanceof HedgerowError && error.code === "write_uncertain") return error;
  const isTold = error instanceof HedgerowError;
  const cause = isTold ? error.message : `the change log's server did not answer: ${messageOf(error)}`;
  return new HedgerowError("write_uncertain", `${cause}; what was sent may have been written`);
}
