import { afterPoll, type Clock } from "../time.ts";

/** Called between small pieces of work: lets the event loop go on once a slice of time is used up. */
export type Pause = () => Promise<void> | undefined;

/** Cuts work on the main thread into slices, so that searches need not wait for it. */
export type Slices = {
  start(): Pause;
  /** Lets the event loop go on first, where something has been done already or what comes cannot be cut. */
  next(): Promise<void>;
};

/** Goes through the steps of some work, pausing on the way. Only where it pauses it waits: there may be thousands of steps. */
export async function takeSteps(steps: Iterable<void>, pause: Pause): Promise<void> {
  for (const _ of steps) {
    const rest = pause();
    if (rest !== undefined) await rest;
  }
}

/** How long the thread works at batches, at least, before it serves searches again. */
const sliceMinMs = 0.05;
/** Where searches and others keep it busy, what share of the time that was waited for it a slice has, and how much at most. */
const shareOfWait = 0.1;
const sliceMaxMs = 1;

/**
 * Makes the slices of one thread. However many pieces of work go on beside each other, a turn of the event loop has a
 * slice of one of them: in one turn, theirs would be one long slice. The longer the others' turns are, the longer is
 * a slice, or a busy leaf would hardly go on with what is written.
 */
export function createSlices(clock: Clock): Slices {
  const waiting: (() => void)[] = [];

  const turn = (): void => {
    const goOn = waiting.shift();
    if (waiting.length > 0) afterPoll(turn);
    goOn?.();
  };

  const next = (): Promise<void> =>
    new Promise((goOn) => {
      waiting.push(goOn);
      if (waiting.length === 1) afterPoll(turn);
    });

  return {
    next,
    start() {
      let endMs = clock.nowMs() + sliceMinMs;
      return () => {
        const askedMs = clock.nowMs();
        if (askedMs < endMs) return undefined;
        return next().then(() => {
          const nowMs = clock.nowMs();
          endMs = nowMs + Math.min(sliceMaxMs, Math.max(sliceMinMs, shareOfWait * (nowMs - askedMs)));
        });
      };
    },
  };
}
