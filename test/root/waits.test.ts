import { describe, expect, it } from "vitest";
import { Waits } from "../../src/root/waits.ts";
import { virtualTime } from "../support/virtual-time.ts";

const nobodyGoes = { onGone: () => undefined };

async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await Promise.resolve();
}

describe("waiting for what nothing announces", () => {
  it("ends when it is there, when it is too late, and when nobody cares any more, with no timer left", async () => {
    const { clock, timers, advance, ...time } = virtualTime();
    const waits = new Waits({ clock, timers });
    const beganMs = clock.nowMs();
    const ends: Record<string, [isMet: boolean, atMs: number]> = {};
    const follow = (name: string, waiting: Promise<boolean>): void =>
      void waiting.then((isMet) => {
        ends[name] = [isMet, clock.nowMs() - beganMs];
      });
    let leave = (): void => undefined;
    const never = (): boolean => false;
    follow(
      "there",
      waits.until(() => true, { untilMs: beganMs + 100, ...nobodyGoes }),
    );
    follow("late", waits.until(never, { untilMs: beganMs, ...nobodyGoes }));
    follow(
      "met",
      waits.until(() => clock.nowMs() >= beganMs + 30, { untilMs: beganMs + 100, ...nobodyGoes }),
    );
    follow("unmet", waits.until(never, { untilMs: beganMs + 50, ...nobodyGoes }));
    const onGone = (run: () => void): void => {
      leave = run;
    };
    follow("gone", waits.until(never, { untilMs: beganMs + 100, onGone }));
    follow("gone before", waits.until(never, { untilMs: beganMs + 100, onGone: (run) => run() }));
    for (let ms = 0; ms < 60; ms++) {
      if (ms === 10) leave();
      await settled();
      advance(1);
    }
    await settled();
    expect(ends).toEqual({
      there: [true, 0],
      late: [false, 0],
      met: [true, 30],
      unmet: [false, 50],
      gone: [false, 10],
      "gone before": [false, 0],
    });
    expect([waits.size, time.pending]).toEqual([0, 0]);
  });

  it("takes one timer and a twentieth of the time, however many wait", () => {
    const time = virtualTime();
    const waits = new Waits(time);
    let looks = 0;
    const isMet = (): boolean => {
      looks++;
      time.advance(0.01);
      return false;
    };
    const beganMs = time.clock.nowMs();
    const untilMs = beganMs + 1e6;
    for (let i = 0; i < 1000; i++) void waits.until(isMet, { untilMs, ...nobodyGoes });
    expect(time.pending).toBe(1);
    looks = 0;
    const fromMs = time.clock.nowMs();
    while (time.clock.nowMs() < fromMs + 10_000) time.advance(1);
    const share = (looks * 0.01) / (time.clock.nowMs() - fromMs);
    expect(share).toBeGreaterThan(0.04);
    expect(share).toBeLessThan(0.06);
  });
});
