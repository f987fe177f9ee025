import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AttemptBudget } from "../../src/policy/budget.ts";

const settings = { deposit: 0.05, windowMs: 10_000, reservePerSecond: 1, retryShare: 0.1 };

describe("the budget for extra attempts", () => {
  test("never spends more than was earned in any window, with the reserve", () => {
    const steps = fc.array(
      fc.record({
        gapMs: fc.nat(3_000),
        firsts: fc.nat(200),
        urgency: fc.double({ min: 0, max: 1, noNaN: true }),
        asks: fc.nat(20),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, (script) => {
        const budget = new AttemptBudget(settings);
        const deposits: number[] = [];
        const spent: number[] = [];
        let nowMs = 5_000;
        for (const { gapMs, firsts, urgency, asks } of script) {
          nowMs += gapMs;
          for (let i = 0; i < firsts; i++) {
            budget.deposit(nowMs);
            deposits.push(nowMs);
          }
          for (let i = 0; i < asks; i++) if (budget.tryWithdraw(urgency, nowMs)) spent.push(nowMs);
          const lately = (times: readonly number[], ageMs: number): number =>
            times.filter((atMs) => nowMs - atMs <= ageMs).length;
          const earned = lately(deposits, 2 * settings.windowMs) * settings.deposit;
          expect(lately(spent, settings.windowMs)).toBeLessThanOrEqual(earned + 20 + 1e-6);
          expect(spent.length).toBeLessThanOrEqual(
            deposits.length * settings.deposit + 10 + (nowMs - 5_000) / 1_000 + 1e-6,
          );
          expect(budget.balance(nowMs)).toBeGreaterThanOrEqual(-1e-9);
        }
      }),
      { seed: 21, numRuns: 500 },
    );
  });

  test("deposits are forgotten after the window, the reserve is not", () => {
    const budget = new AttemptBudget(settings);
    for (let i = 0; i < 1_000; i++) budget.deposit(0);
    expect(budget.balance(0)).toBeCloseTo(60, 6);
    expect(budget.balance(30_000)).toBeCloseTo(10, 6);
  });

  test("what is not urgent leaves a share of the earnings for what is", () => {
    const budget = new AttemptBudget({ ...settings, reservePerSecond: 0 });
    for (let i = 0; i < 1_000; i++) budget.deposit(0);
    const got = [0, 0.6, 1].map((urgency) => {
      let extras = 0;
      while (budget.tryWithdraw(urgency, 0)) extras++;
      return extras;
    });
    expect(got).toEqual([45, 3, 2]);
  });

  test("what is refunded can be spent again", () => {
    const budget = new AttemptBudget({ ...settings, reservePerSecond: 0 });
    for (let i = 0; i < 20; i++) budget.deposit(0);
    expect(budget.tryWithdraw(1, 0)).toBe(true);
    expect(budget.tryWithdraw(1, 0)).toBe(false);
    budget.refund(0);
    expect(budget.tryWithdraw(1, 0)).toBe(true);
  });
});
