import { type Clock, yieldToLoop } from "../time.ts";

/** Called between small pieces of work: lets the event loop go on once a slice of time is used up. */
export type Pause = () => Promise<void> | undefined;

/** Cuts work on the main thread into slices, so that searches need not wait for it. */
export type Slices = {
  start(): Pause;
  /** Lets the event loop go on first, where something has been done already or what comes cannot be cut. */
  next(): Promise<void>;
};

export function createSlices(clock: Clock, sliceMs: number): Slices {
  return {
    next: yieldToLoop,
    start() {
      let endMs = clock.nowMs() + sliceMs;
      return () => {
        if (clock.nowMs() < endMs) return undefined;
        return yieldToLoop().then(() => {
          endMs = clock.nowMs() + sliceMs;
        });
      };
    },
  };
}
