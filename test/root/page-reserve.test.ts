import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageReserveMs } from "../../src/root/page-reserve.ts";

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
});
