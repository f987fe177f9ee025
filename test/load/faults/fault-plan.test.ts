import { describe, expect, test } from "vitest";
import { planFaults, proxiedLeaves } from "../../../load/faults/fault-plan.ts";
import { seededRandom } from "../../../src/time.ts";

const leaves = [0, 1, 2, 3].map((index) => ({ index, zone: `zone-${index % 2}` }));
const plan = { durationMs: 10_000, random: seededRandom(1) };

describe("what goes wrong when", () => {
  test("a killed zone dies at once and starts again at once", () => {
    const steps = planFaults(
      { shared: [{ kind: "crash", on: { zone: "zone-1" }, fromMs: 100, untilMs: 300 }], live: [] },
      leaves,
      plan,
    );
    expect(steps).toEqual([
      { atMs: 100, leaf: 1, act: { kind: "kill" } },
      { atMs: 100, leaf: 3, act: { kind: "kill" } },
      { atMs: 300, leaf: 1, act: { kind: "start" } },
      { atMs: 300, leaf: 3, act: { kind: "start" } },
    ]);
  });

  test("a slow leaf stands still for its factor's part of the time, and runs in the end", () => {
    const fault = { kind: "slow", on: { leaves: [2] }, fromMs: 0, untilMs: 4_000, factor: 4 } as const;
    const steps = planFaults({ shared: [fault], live: [] }, leaves, plan);
    let stoppedMs = 0;
    let sinceMs: number | undefined;
    for (const step of steps) {
      if (!("act" in step)) continue;
      if (step.act.kind === "stop") sinceMs = step.atMs;
      else if (sinceMs !== undefined) {
        stoppedMs += step.atMs - sinceMs;
        sinceMs = undefined;
      }
    }
    expect(sinceMs).toBeUndefined();
    expect(stoppedMs / 4_000).toBeCloseTo(0.75, 1);
  });

  test("every stop has its end within the leg, whatever the pauses", () => {
    const fault = { kind: "pauses", on: { all: true }, fromMs: 0, everyMs: 300, pauseMs: 200 } as const;
    const steps = planFaults({ shared: [fault], live: [] }, leaves, plan);
    for (const { index } of leaves) {
      const own = steps.filter((step) => "leaf" in step && step.leaf === index);
      const kinds = own.map((step) => ("act" in step ? step.act.kind : ""));
      expect(kinds).toEqual(kinds.map((_, i) => (i % 2 === 0 ? "stop" : "continue")));
      expect(kinds.length % 2).toBe(0);
      expect(own.every(({ atMs }) => atMs <= plan.durationMs)).toBe(true);
    }
  });

  test("a rolling restart takes one leaf after another", () => {
    const fault = { kind: "restarts", on: { all: true }, fromMs: 500, untilMs: undefined, everyMs: 1_000 } as const;
    const steps = planFaults({ shared: [], live: [fault] }, leaves, plan);
    expect(steps.map((step) => [step.atMs, "leaf" in step ? step.leaf : -1])).toEqual([
      [500, 0],
      [1_500, 1],
      [2_500, 2],
      [3_500, 3],
    ]);
  });

  test("trouble ends as it began, and nothing else of a way changes", () => {
    const fault = { kind: "delay", on: { leaves: [1] }, fromMs: 10, untilMs: 20, delayMs: 5, jitterMs: 2 } as const;
    expect(planFaults({ shared: [], live: [fault] }, leaves, plan)).toEqual([
      { atMs: 10, leaf: 1, act: { kind: "trouble", trouble: { delayMs: 5, jitterMs: 2 } } },
      { atMs: 20, leaf: 1, act: { kind: "trouble", trouble: { delayMs: 0, jitterMs: 0 } } },
    ]);
  });

  test("only ways that are troubled lead through a proxy, and the seed chooses the same victims", () => {
    const faults = [
      { kind: "stalls", on: { count: 1 }, fromMs: 0, untilMs: undefined, share: 0.1, stallMs: 5 },
      { kind: "cuts", on: { leaves: [3] }, fromMs: 0, untilMs: 1_000, everyMs: 100 },
      { kind: "restarts", on: { all: true }, fromMs: 0, untilMs: undefined, everyMs: 1_000 },
    ] as const;
    const chosen = proxiedLeaves(faults, leaves, seededRandom(5));
    expect(chosen).toContain(3);
    expect(chosen.length).toBeLessThanOrEqual(2);
    expect(proxiedLeaves(faults, leaves, seededRandom(5))).toEqual(chosen);
    const steps = planFaults({ shared: [], live: faults }, leaves, { durationMs: 10_000, random: seededRandom(5) });
    const stalled = steps.find((step) => "act" in step && step.act.kind === "trouble");
    expect(stalled !== undefined && "leaf" in stalled && chosen.includes(stalled.leaf)).toBe(true);
  });
});
