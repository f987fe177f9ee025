import { describe, expect, it } from "vitest";
import { createArrivals } from "../../src/root/arrivals.ts";

describe("arrivals", () => {
  it("gives all requests of one turn the turn's beginning, and those of the next one their own", () => {
    let nowMs = 10;
    const afterPoll: (() => void)[] = [];
    const arrivals = createArrivals({ nowMs: () => nowMs }, (run) => void afterPoll.push(run));
    const stamps = [arrivals.nowMs()];
    nowMs = 25;
    stamps.push(arrivals.nowMs());
    for (const run of afterPoll.splice(0)) run();
    stamps.push(arrivals.nowMs());
    expect(stamps).toEqual([10, 10, 25]);
    expect(afterPoll).toHaveLength(1);
  });
});
