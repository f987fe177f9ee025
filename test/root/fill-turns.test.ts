import { describe, expect, it } from "vitest";
import { FillTurns } from "../../src/root/fill-turns.ts";
import { yieldToLoop } from "../../src/time.ts";

describe("turns", () => {
  it("let so many go on at once and no more, in the order in which they came, whatever fails", async () => {
    const turns = new FillTurns(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const all = Array.from({ length: 6 }, (_, i) =>
      turns.run(async () => {
        begun.push(i);
        await new Promise<void>((resolve) => void ends.push(resolve));
        if (i % 2 === 1) throw new Error(`${i} failed`);
      }),
    );
    const settled = Promise.allSettled(all);
    for (let ended = 0; ended < 6; ended++) {
      await yieldToLoop();
      expect(begun).toEqual(Array.from({ length: Math.min(6, ended + 2) }, (_, i) => i));
      ends[ended]?.();
    }
    expect((await settled).map(({ status }) => status)).toEqual(
      Array.from({ length: 6 }, (_, i) => (i % 2 === 1 ? "rejected" : "fulfilled")),
    );
    begun.length = 0;
    const later = [turns.run(async () => void begun.push(1)), turns.run(async () => void begun.push(2))];
    expect(begun).toEqual([1, 2]);
    await Promise.all(later);
  });
});
