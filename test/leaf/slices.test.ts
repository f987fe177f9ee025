import { describe, expect, it } from "vitest";
import { createSlices, type Pause } from "../../src/leaf/slices.ts";
import { countTurns } from "../support/turns.ts";

it("gives a turn of the event loop to one piece of work at a time, to each in turn", async () => {
  const turns = countTurns();
  const slices = createSlices({ nowMs: () => 0 });
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

describe("a pause", () => {
  let nowMs = 0;
  const slices = createSlices({ nowMs: () => nowMs });
  const afterWaiting = async (waitedMs: number): Promise<Pause> => {
    nowMs = 0;
    const pause = slices.start();
    nowMs = 0.06;
    const paused = pause();
    expect(paused).toBeInstanceOf(Promise);
    nowMs = 0.06 + waitedMs;
    await paused;
    return pause;
  };

  it("comes once the time is used up, and not before", () => {
    nowMs = 0;
    const pause = slices.start();
    nowMs = 0.04;
    expect(pause()).toBeUndefined();
    nowMs = 0.06;
    expect(pause()).toBeInstanceOf(Promise);
  });

  it.each([
    { waitedMs: 0.1, sliceMs: 0.05 },
    { waitedMs: 3, sliceMs: 0.3 },
    { waitedMs: 200, sliceMs: 1 },
  ])("leaves $sliceMs ms of work after a wait of $waitedMs ms", async ({ waitedMs, sliceMs }) => {
    const pause = await afterWaiting(waitedMs);
    nowMs += sliceMs - 0.01;
    expect(pause()).toBeUndefined();
    nowMs += 0.02;
    expect(pause()).toBeInstanceOf(Promise);
  });
});
