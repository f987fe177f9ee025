import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CallNode, keyOf, type TimeSpent, timeSpent } from "../../../load/profile/call-tree.ts";
import type { CpuProfile } from "../../../load/profile/cpu-profile.ts";
import { anyProfile, home } from "./sampled.ts";

function* nodesOf(node: CallNode): Generator<CallNode> {
  yield node;
  for (const child of node.children) yield* nodesOf(child);
}

/** From the first sample, in order of time, to the end. */
function sampledMs({ samples, timeDeltas, startTime, endTime }: CpuProfile): number {
  let atUs = startTime;
  const instants = timeDeltas.map((deltaUs) => {
    atUs += deltaUs;
    return atUs;
  });
  return samples.length === 0 ? 0 : (endTime - Math.min(...instants)) / 1_000;
}

function allMs({ tree, idleMs, unseenMs }: TimeSpent): number {
  return tree.totalMs + idleMs + unseenMs;
}

describe("a call tree", () => {
  test("loses no time: what ran, what was idle and what nobody saw are all that was sampled", () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const spent = timeSpent([profile], home);
        expect(allMs(spent)).toBeCloseTo(sampledMs(profile), 6);
        const selfMs = [...nodesOf(spent.tree)].reduce((sum, node) => sum + node.selfMs, 0);
        expect(selfMs).toBeCloseTo(spent.tree.totalMs, 6);
        for (const ms of [selfMs, spent.idleMs, spent.unseenMs]) expect(ms).toBeGreaterThanOrEqual(0);
      }),
      { seed: 100 },
    );
  });

  test("gives a function what all below it took, and has it once below the same caller", () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        for (const { selfMs, totalMs, children } of nodesOf(timeSpent([profile], home).tree)) {
          const below = children.reduce((sum, child) => sum + child.totalMs, 0);
          expect(selfMs + below).toBeCloseTo(totalMs, 6);
          expect(new Set(children.map(({ called }) => keyOf(called))).size).toBe(children.length);
        }
      }),
      { seed: 101 },
    );
  });

  test("joins profiles: the times add up, and one beside itself has the same shape", () => {
    fc.assert(
      fc.property(anyProfile, anyProfile, (one, other) => {
        const [first, second] = [timeSpent([one], home), timeSpent([other], home)];
        const both = timeSpent([one, other], home);
        expect(both.tree.totalMs).toBeCloseTo(first.tree.totalMs + second.tree.totalMs, 6);
        expect(both.idleMs).toBeCloseTo(first.idleMs + second.idleMs, 6);
        const twice = timeSpent([one, one], home);
        expect([...nodesOf(twice.tree)]).toHaveLength([...nodesOf(first.tree)].length);
      }),
    );
  });

  test("leaves what is idle out", () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const names = [...nodesOf(timeSpent([profile], home).tree)].map(({ called }) => called.name);
        expect(names).not.toContain("(idle)");
      }),
    );
  });

  test("does not book the time for which a process was stopped to what it was at", () => {
    const [root, search] = ["(root)", "search"].map((functionName) => {
      return { functionName, url: `${home}src/root/search.ts`, lineNumber: 1 };
    });
    if (root === undefined || search === undefined) throw new Error("there are two");
    const nodes = [
      { id: 1, callFrame: root, children: [2] },
      { id: 2, callFrame: search, children: [] },
    ];
    const samples = { samples: [2, 2, 2], timeDeltas: [500, 500, 5_000_000] };
    const { tree, unseenMs } = timeSpent([{ nodes, ...samples, startTime: 0, endTime: 5_001_500 }], home);
    expect(tree.totalMs).toBeCloseTo(0.5 + 10 + 0.5, 6);
    expect(unseenMs).toBeCloseTo(4_990, 6);
  });
});
