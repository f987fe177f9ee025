import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NewsReason } from "../../src/root/kept-query.ts";
import { type HeldBack, LineBudget } from "../../src/root/line-budget.ts";
import { virtualTime } from "../support/virtual-time.ts";

const reasons: readonly NewsReason[] = ["failed", "partial", "slow"];

/** A budget in virtual time, with when each line went out and when what was held back was told. */
function budget(rate: { perS: number; burst: number }) {
  const time = virtualTime();
  const [sentMs, told]: [number[], { atMs: number; heldBack: HeldBack }[]] = [[], []];
  const onHeldBack = (heldBack: HeldBack): void => void told.push({ atMs: time.clock.nowMs(), heldBack });
  const lines = new LineBudget({ rate, ...time, onHeldBack });
  const take = (reason: NewsReason): boolean => {
    const isSent = lines.take(reason);
    if (isSent) sentMs.push(time.clock.nowMs());
    return isSent;
  };
  return { time, lines, take, sentMs, told };
}

function countsOf(held: readonly { reason: NewsReason }[]): HeldBack {
  const counts: HeldBack = {};
  for (const { reason } of held) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

const step = fc.record({
  // Mostly short: what a second's end cuts in two must come often.
  gapMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 200 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
  ),
  searches: fc.array(fc.constantFrom(...reasons), { minLength: 1, maxLength: 40 }),
});
const rates = fc.record({ perS: fc.integer({ min: 1, max: 30 }), burst: fc.integer({ min: 1, max: 30 }) });

describe("the lines of single searches", () => {
  it("are in no span of time more than the burst and what the rate adds", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), rates, (steps, rate) => {
        const { time, take, sentMs } = budget(rate);
        for (const { gapMs, searches } of steps) {
          time.advance(gapMs);
          for (const reason of searches) take(reason);
        }
        sentMs.forEach((fromMs, first) => {
          sentMs.slice(first).forEach((untilMs, more) => {
            expect(more + 1).toBeLessThanOrEqual(rate.burst + ((untilMs - fromMs) * rate.perS) / 1000 + 1e-6);
          });
        });
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it("that are held back are told by kind, none twice and none left out, within a second and no more often", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), rates, (steps, rate) => {
        const { time, lines, take, told } = budget(rate);
        const held: { atMs: number; reason: NewsReason }[] = [];
        for (const { gapMs, searches } of steps) {
          time.advance(gapMs);
          for (const reason of searches) if (!take(reason)) held.push({ atMs: time.clock.nowMs(), reason });
        }
        const gapsMs = told.map(({ atMs }, i) => atMs - (told[i - 1]?.atMs ?? 0));
        for (const gapMs of gapsMs) expect(gapMs).toBeGreaterThanOrEqual(1000 - 1e-6);
        lines.close();
        expect(time.pending).toBe(0);
        let next = 0;
        for (const { atMs, heldBack } of told) {
          const count = Object.values(heldBack).reduce((sum, some) => sum + some, 0);
          const these = held.slice(next, next + count);
          next += count;
          expect(heldBack).toEqual(countsOf(these));
          for (const one of these) expect(atMs - one.atMs).toBeLessThanOrEqual(1000 + 1e-6);
        }
        expect(next).toBe(held.length);
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  it("all go out while they come no faster than the rate, and nothing is told", () => {
    const { time, lines, take, told } = budget({ perS: 10, burst: 1 });
    for (let i = 0; i < 500; i++) {
      expect(take(reasons[i % 3] ?? "slow")).toBe(true);
      time.advance(100);
    }
    lines.close();
    expect(told).toEqual([]);
  });
});
