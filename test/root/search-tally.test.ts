import { describe, expect, it } from "vitest";
import { summarizeTrackers } from "../../src/policy/latency-window.ts";
import { SearchTally } from "../../src/root/search-tally.ts";

describe("the tally of searches", () => {
  it("takes the times of searches that ran to an end, and counts every one", () => {
    const tally = new SearchTally();
    tally.record("answered", { tookMs: 10, queuedMs: 4 }, 0);
    tally.record("failed", { tookMs: 30 }, 1);
    tally.record("shed", { tookMs: 0 }, 2);
    tally.record("abandoned", { tookMs: 5000, queuedMs: 1 }, 3);
    expect(tally.ends).toEqual({ answered: 1, failed: 1, shed: 1, abandoned: 1 });
    const took = summarizeTrackers([tally.took], "10s", 4);
    expect(took.count).toBe(2);
    expect(took.p999Ms / 30).toBeCloseTo(1, 1);
    expect(summarizeTrackers([tally.queued], "10s", 4).count).toBe(1);
  });
});
