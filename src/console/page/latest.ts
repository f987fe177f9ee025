import type { Timer, Timers } from "../../time.ts";

/**
 * Runs only the newest of a quick succession of tasks: one that is not yet due is dropped, and one under way is
 * aborted. A task that was replaced must not show what it found; its signal says so.
 */
export class Latest {
  readonly #timers: Timers;
  #timer: Timer | undefined;
  #running: AbortController | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Runs `task` after `delayMs`, unless another is asked for by then. */
  run(delayMs: number, task: (signal: AbortSignal) => void): void {
    this.#timer?.cancel();
    this.#timer = this.#timers.after(delayMs, () => {
      this.#running?.abort();
      this.#running = new AbortController();
      task(this.#running.signal);
    });
  }
}
