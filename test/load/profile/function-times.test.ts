import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { timeSpent } from "../../../load/profile/call-tree.ts";
import type { CpuProfile } from "../../../load/profile/cpu-profile.ts";
import { functionTimes, originTimes } from "../../../load/profile/function-times.ts";
import { anyProfile, home } from "./sampled.ts";

describe("the times of functions", () => {
  test("come to all that was sampled, and none takes more than all did", () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const { tree } = timeSpent([profile], home);
        const times = functionTimes(tree);
        const selfMs = times.reduce((sum, one) => sum + one.selfMs, tree.selfMs);
        expect(selfMs).toBeCloseTo(tree.totalMs, 6);
        for (const one of times) {
          expect(one.totalMs).toBeGreaterThanOrEqual(one.selfMs - 1e-9);
          expect(one.totalMs).toBeLessThanOrEqual(tree.totalMs + 1e-9);
        }
        expect(times.map((one) => one.selfMs)).toEqual(times.map((one) => one.selfMs).toSorted((a, b) => b - a));
        const byOrigin = [...originTimes(tree).values()].reduce((sum, ms) => sum + ms, 0);
        expect(byOrigin).toBeCloseTo(tree.totalMs, 6);
      }),
    );
  });

  test("count a function that calls itself once", () => {
    const frame = (functionName: string) => ({ functionName, url: `${home}src/a.ts`, lineNumber: 1 });
    const profile: CpuProfile = {
      nodes: ["(root)", "walk", "walk", "walk"].map((name, i) => {
        return { id: i + 1, callFrame: frame(name), children: i < 3 ? [i + 2] : [] };
      }),
      samples: [2, 3, 4],
      timeDeltas: [0, 1_000, 1_000],
      startTime: 0,
      endTime: 3_000,
    };
    const times = functionTimes(timeSpent([profile], home).tree);
    expect(times).toEqual([{ name: "walk", place: "src/a.ts:2", origin: "hedgerow", selfMs: 3, totalMs: 3 }]);
  });
});
