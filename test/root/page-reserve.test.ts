import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Canary } from "../../src/policy/canary.ts";
import { TailPolicy } from "../../src/policy/tail.ts";
import { CanaryGuard } from "../../src/root/canary-attempt.ts";
import { Catalog } from "../../src/root/catalog.ts";
import { scatterPlan } from "../../src/root/gathered.ts";
import { pageReserveMs } from "../../src/root/page-reserve.ts";
import { seededRandom } from "../../src/time.ts";
import { demoDefinition, demoPlan } from "../support/fake-replica.ts";
import { virtualTime } from "../support/virtual-time.ts";

const asked = fc.record({
  top: fc.integer({ min: 0, max: 10_000 }),
  shards: fc.integer({ min: 1, max: 256 }),
  budgetMs: fc.double({ min: 1, max: 60_000, noNaN: true }),
});
/** A budget that no page takes half of. */
const plenty = { budgetMs: 1e9 };

describe("what is kept of a budget for large pages", () => {
  it("is half of it at most, and until then what the page takes whatever the budget", () => {
    fc.assert(
      fc.property(asked, (page) => {
        const reserveMs = pageReserveMs(page);
        const neededMs = pageReserveMs({ ...page, ...plenty });
        if (neededMs > page.budgetMs / 2) expect(reserveMs).toBe(page.budgetMs / 2);
        else expect(reserveMs).toBe(neededMs);
      }),
      { seed: 11, numRuns: 1000 },
    );
  });

  it("takes the same for each hit, whichever shard may send it", () => {
    const hitMs = pageReserveMs({ top: 1, shards: 1, ...plenty });
    expect(hitMs).toBeGreaterThan(0);
    fc.assert(
      fc.property(asked, ({ top, shards }) => {
        expect(pageReserveMs({ top, shards, ...plenty })).toBeCloseTo(top * shards * hitMs, 6);
      }),
      { seed: 12, numRuns: 1000 },
    );
  });

  it("is nothing to speak of for a page of ten, and what 40,000 hits take for the deepest", () => {
    expect(pageReserveMs({ top: 10, shards: 4, budgetMs: 100 })).toBeLessThan(0.1);
    expect(pageReserveMs({ top: 10_000, shards: 4, budgetMs: 250 })).toBeCloseTo(60);
    expect(pageReserveMs({ top: 10_000, shards: 4, budgetMs: 100 })).toBe(50);
  });

  it("is taken off the time that the shards are given", async () => {
    const { clock, timers } = virtualTime();
    const policy = new TailPolicy({ random: seededRandom(3) });
    const index = new Catalog({ termsMax: 10, policy }).add(demoDefinition);
    const resources = { policy, clock, timers, afterPoll: (run: () => void) => run() };
    const guard = new CanaryGuard({ canary: new Canary(), policy, clock, timers, onFailed: () => undefined });
    const trace = { traceId: "1".repeat(32), spanId: "2".repeat(16), parentSpanId: undefined, sampled: false };
    const [startMs, budgetMs, top, shards] = [clock.nowMs(), 250, 10_000, index.shards.length];
    const order = { plan: { ...demoPlan(), top }, body: {}, trace, startMs, plannedMs: startMs, budgetMs };
    const { deadlineMs } = await scatterPlan(index, { ...order, onGone: () => undefined }, { resources, guard });
    expect(deadlineMs).toBe(startMs + budgetMs - pageReserveMs({ top, shards, budgetMs }));
  });
});
