import { expect, it } from "vitest";
import { createSlices } from "../../src/leaf/slices.ts";

/** Counts the turns of the event loop until it is told to stop. */
function countTurns(): { now(): number; stop(): void } {
  let turns = 0;
  let stopped = false;
  const turn = (): void => {
    turns++;
    if (!stopped) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    now: () => turns,
    stop() {
      stopped = true;
    },
  };
}

it("gives a turn of the event loop to one piece of work at a time, to each in turn", async () => {
  const turns = countTurns();
  const slices = createSlices({ nowMs: () => 0 }, 1);
  const seen: { worker: number; turn: number }[] = [];
  const work = async (worker: number): Promise<void> => {
    for (let slice = 0; slice < 5; slice++) {
      await slices.next();
      seen.push({ worker, turn: turns.now() });
    }
  };
  await Promise.all([0, 1, 2].map(work));
  turns.stop();
  expect(seen.map(({ worker }) => worker)).toEqual(Array.from({ length: 15 }, (_, i) => i % 3));
  expect(new Set(seen.map(({ turn }) => turn)).size).toBe(seen.length);
});

it("pauses once its time is used up, and not before", async () => {
  let nowMs = 0;
  const slices = createSlices({ nowMs: () => nowMs }, 1);
  const pause = slices.start();
  nowMs = 0.9;
  expect(pause()).toBeUndefined();
  nowMs = 1.1;
  const paused = pause();
  expect(paused).toBeInstanceOf(Promise);
  await paused;
  nowMs = 2;
  expect(pause()).toBeUndefined();
});
