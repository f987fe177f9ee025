import type { Clock, Timer, Timers } from "../time.ts";

/** How long to wait for something, and how to hear that nobody waits for it any more. */
export type WaitLimits = { untilMs: number; onGone: (run: () => void) => void };

/** Somewhere to wait. */
export type WaitingRoom = Pick<Waits, "until">;

/** Where nobody waits for what cannot come any more: once `stands` says no, the waiting is over as if it had come. */
export function whileStanding(waits: WaitingRoom, stands: () => boolean): WaitingRoom {
  return { until: (isMet, limits) => waits.until(() => !stands() || isMet(), limits) };
}

type Waiter = { isMet: () => boolean; untilMs: number; end: (isMet: boolean) => void };

const pauseMsMin = 2;
/** Looking takes this share of the time at most, however many wait. */
const lookShareMax = 0.05;

/**
 * What requests wait for that nothing announces. One timer looks at all of it again and again, the more seldom the longer
 * that takes, so that a crowd that waits does not keep the others from being served.
 */
export class Waits {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #waiters = new Set<Waiter>();
  #timer: Timer | undefined;

  constructor({ clock, timers }: { clock: Clock; timers: Timers }) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  /** Resolves to true once `isMet` does, which is asked at once and then again and again; to false when it is too late or nobody cares. */
  async until(isMet: () => boolean, { untilMs, onGone }: WaitLimits): Promise<boolean> {
    if (isMet()) return true;
    if (this.#clock.nowMs() >= untilMs) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = {
      isMet,
      untilMs,
      end: (met) => {
        this.#waiters.delete(waiter);
        resolve(met);
      },
    };
    this.#waiters.add(waiter);
    onGone(() => waiter.end(false));
    this.#rest(pauseMsMin);
    return promise;
  }

  #rest(pauseMs: number): void {
    this.#timer ??= this.#timers.after(pauseMs, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const beganMs = this.#clock.nowMs();
    for (const { isMet, untilMs, end } of this.#waiters) {
      if (isMet()) end(true);
      else if (beganMs >= untilMs) end(false);
    }
    const tookMs = this.#clock.nowMs() - beganMs;
    if (this.#waiters.size > 0) this.#rest(Math.max(pauseMsMin, tookMs / lookShareMax));
  }
}
