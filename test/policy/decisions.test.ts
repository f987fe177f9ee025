import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Canary } from "../../src/policy/canary.ts";
import { coverageWaitMs } from "../../src/policy/coverage.ts";
import { attemptBudgetMs, gatherDeadlineMs } from "../../src/policy/deadline.ts";
import { HedgeMemory, hedgeDelayMs } from "../../src/policy/hedge.ts";
import { policyDefaults } from "../../src/policy/settings.ts";

const { hedge, deadline } = policyDefaults;

describe("the hedge delay", () => {
  const facts = { samples: 1_000, quantileMs: 6, medianMs: 3, rttMs: 0.2, remainingMs: 200 };

  test.each([
    ["the quantile", {}, 6],
    ["at least a millisecond", { quantileMs: 0.2, medianMs: 0.1 }, 1],
    ["at least two round trips", { rttMs: 5 }, 10],
    ["at most four medians", { quantileMs: 100 }, 12],
    ["at most 30 % of what is left", { quantileMs: 100, medianMs: 50, remainingMs: 40 }, 12],
  ])("is %s", (_, change, expected) => {
    expect(hedgeDelayMs({ ...facts, ...change }, hedge)).toBeCloseTo(expected, 9);
  });

  test.each([
    ["at its longest, four medians, before there are samples enough for the quantile", { samples: 99 }, 12],
    ["not longer than 30 % of what is left even then", { samples: 99, remainingMs: 30 }, 9],
    ["30 % of what is left before there is even a median", { samples: 9 }, 60],
  ])("is %s", (_, change, expected) => {
    expect(hedgeDelayMs({ ...facts, ...change }, hedge)).toBeCloseTo(expected, 9);
  });

  test("is none where hedging is off", () => {
    expect(hedgeDelayMs(facts, { ...hedge, enabled: false })).toBeUndefined();
  });

  test("follows what was recorded and forgets it after its window", () => {
    const memory = new HedgeMemory(hedge);
    for (let i = 1; i <= 100; i++) memory.record(i, 0);
    memory.refresh(0);
    expect(memory.samples).toBe(100);
    expect(memory.quantileMs / 96).toBeCloseTo(1, 1);
    memory.refresh(40_000);
    expect(memory.samples).toBe(0);
  });
});

describe("the deadline", () => {
  test("leaves time for the merge and for the way, and no attempt outlasts it", () => {
    const times = fc.record({
      startedMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      budgetMs: fc.double({ min: 1, max: 60_000, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      rttMs: fc.double({ min: 0, max: 50, noNaN: true }),
    });
    fc.assert(
      fc.property(times, ({ startedMs, budgetMs, share, rttMs }) => {
        const gatherMs = gatherDeadlineMs(startedMs, startedMs + budgetMs, deadline);
        expect(gatherMs).toBeGreaterThanOrEqual(startedMs + budgetMs / 2 - 1e-6);
        expect(gatherMs).toBeLessThanOrEqual(startedMs + budgetMs - Math.min(0.5, budgetMs / 2) + 1e-6);
        const sentMs = startedMs + share * budgetMs;
        expect(sentMs + rttMs + attemptBudgetMs(sentMs, gatherMs, rttMs)).toBeCloseTo(gatherMs, 6);
      }),
      { seed: 31, numRuns: 500 },
    );
  });
});

describe("the wait for coverage", () => {
  test("falls from all of the time to none as the rest comes in", () => {
    const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (minCoverage, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((x) => minCoverage + (1 - minCoverage) * x);
        const waits = [minCoverage, less ?? 0, more ?? 0, 1].map((coverage) =>
          coverageWaitMs(coverage, minCoverage, 80),
        );
        expect(waits[0]).toBeCloseTo(80, 6);
        expect(waits[3]).toBeCloseTo(0, 6);
        expect(waits[1] ?? 0).toBeGreaterThanOrEqual((waits[2] ?? 0) - 1e-9);
      }),
      { seed: 32, numRuns: 300 },
    );
  });

  test("is all of the time without a minimum, and in strict mode", () => {
    expect(coverageWaitMs(0.99, 0, 80)).toBe(80);
    expect(coverageWaitMs(0.99, 1, 80)).toBe(80);
  });
});

describe("the canary", () => {
  test("a reported crash has the shape refused for a minute, and suspected for another", () => {
    const canary = new Canary();
    canary.crashed("a", "reported", 1_000);
    expect(canary.decide("a", 60_999)).toEqual({ kind: "refused", untilMs: 61_000 });
    expect(canary.decide("b", 1_000).kind).toBe("all");
    expect(canary.decide("a", 61_000).kind).toBe("one-first");
    expect(canary.decide("a", 121_000).kind).toBe("all");
  });

  test("a broken connection is only a suspicion, and an answer ends it", () => {
    const canary = new Canary();
    canary.crashed("a", "coincident", 0);
    expect(canary.decide("a", 10).kind).toBe("one-first");
    canary.survived("a", 20);
    expect(canary.decide("a", 30).kind).toBe("all");
  });

  test("the second one is proof", () => {
    const canary = new Canary();
    canary.crashed("a", "coincident", 0);
    canary.crashed("a", "coincident", 100);
    canary.survived("a", 200);
    expect(canary.decide("a", 300).kind).toBe("refused");
  });

  test("remembers a bounded number of shapes", () => {
    const canary = new Canary();
    for (let i = 0; i <= 1_000; i++) canary.crashed(`${i}`, "reported", 0);
    expect(canary.decide("0", 1).kind).toBe("all");
    expect(canary.decide("1", 1).kind).toBe("refused");
  });
});
