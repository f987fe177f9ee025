import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageReserveMs } from "../../src/root/page-reserve.ts";

const asked = fc.record({
  top: fc.integer({ min: 0, max: 10_000 }),
  shards: fc.integer({ min: 1, max: 256 }),
  budgetMs: fc.double({ min: 1, max: 60_000, noNaN: true }),
});

describe("what is kept of a budget for large pages", () => {
  it("leaves at least half of it, and grows with the page until then", () => {
    fc.assert(
      fc.property(asked, (page) => {
        const reserveMs = pageReserveMs(page);
        expect(reserveMs).toBeGreaterThanOrEqual(0);
        expect(reserveMs).toBeLessThanOrEqual(page.budgetMs / 2);
        expect(pageReserveMs({ ...page, top: page.top + 100 })).toBeGreaterThanOrEqual(reserveMs);
      }),
      { seed: 11 },
    );
  });

  it("is nothing to speak of for a page of ten, and what 40,000 hits take for the deepest", () => {
    expect(pageReserveMs({ top: 10, shards: 4, budgetMs: 100 })).toBeLessThan(0.1);
    expect(pageReserveMs({ top: 10_000, shards: 4, budgetMs: 250 })).toBeCloseTo(60);
  });
});
