import type { Clock } from "../time.ts";

/**
 * Stamps requests with the instant their turn of the event loop began. Of many that one poll found in the sockets, the
 * last is read long after it came; its wait for the others is part of its budget.
 */
export function createArrivals(clock: Clock, afterPoll: (run: () => void) => void): { nowMs(): number } {
  let turnMs: number | undefined;
  return {
    nowMs() {
      if (turnMs !== undefined) return turnMs;
      turnMs = clock.nowMs();
      afterPoll(() => {
        turnMs = undefined;
      });
      return turnMs;
    },
  };
}
