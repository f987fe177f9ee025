import type { Clock, Timers } from "../../src/time.ts";

/** A clock and timers that move only when told to; timers that fall due run in their order, each at its own instant. */
export type VirtualTime = {
  clock: Clock;
  timers: Timers;
  advance(byMs: number): void;
  /** Timers that have neither run nor been cancelled. */
  readonly pending: number;
};

export function virtualTime(startMs = 1000): VirtualTime {
  let nowMs = startMs;
  const waiting = new Set<{ atMs: number; run: () => void }>();
  return {
    clock: { nowMs: () => nowMs },
    timers: {
      after(delayMs, run) {
        const timer = { atMs: nowMs + delayMs, run };
        waiting.add(timer);
        return { cancel: () => void waiting.delete(timer) };
      },
    },
    advance(byMs) {
      const endMs = nowMs + byMs;
      for (;;) {
        const [next] = [...waiting].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        waiting.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      nowMs = endMs;
    },
    get pending() {
      return waiting.size;
    },
  };
}
