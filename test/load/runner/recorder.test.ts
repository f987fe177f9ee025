import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { disturbancesOf, phaseChangesMs, phasesOf } from "../../../load/runner/phases.ts";
import { type QueryOutcome, VariantRecorder } from "../../../load/runner/recorder.ts";
import { judgeLive } from "../../../load/runner/verdict.ts";

const leg = {
  durationMs: 10_000,
  warmUpMs: 1_000,
  faults: [{ kind: "hung", on: { all: true }, fromMs: 4_000, untilMs: 6_000 } as const],
  liveFaults: [],
  stages: [],
};

function recorderOf(): { recorder: VariantRecorder; record: (outcome: Partial<QueryOutcome>) => void } {
  const recorder = new VariantRecorder({ variant: "all", budgetMs: 100, leaves: 2 });
  const one = recorder.leg({ startMs: 0, durationMs: leg.durationMs, phaseAt: phasesOf(leg) });
  const usual = { kind: "answered", atMs: 2_000, latencyMs: 10, coverage: 1 } as const;
  return { recorder, record: (outcome) => one.record({ ...usual, ...outcome }) };
}

describe("phases", () => {
  test("part a leg at what disturbs it", () => {
    const phaseAt = phasesOf(leg);
    const phases = [0, 999, 1_000, 3_999, 4_000, 5_999, 6_000, 9_999].map(phaseAt);
    expect(phases).toEqual(["warm-up", "warm-up", "steady", "steady", "fault", "fault", "after", "after"]);
    expect(phaseChangesMs(leg)).toEqual([1_000, 4_000, 6_000]);
  });

  test("a change of load disturbs, and a fault without an end lasts until the leg's", () => {
    const stages = [
      { fromMs: 0, factor: 1 },
      { fromMs: 2_000, factor: 4 },
      { fromMs: 3_000, factor: 1 },
    ];
    const faults = [{ kind: "hung", on: { all: true }, fromMs: 8_000 } as const];
    expect(disturbancesOf({ ...leg, faults, stages })).toEqual([
      { fromMs: 2_000, untilMs: 3_000, what: "load x 4" },
      { fromMs: 8_000, untilMs: 10_000, what: "hung" },
    ]);
  });

  test("nothing wrong is steady to the end", () => {
    expect(phasesOf({ ...leg, faults: [] })(9_999)).toBe("steady");
  });
});

describe("figures", () => {
  test("count every query once in its phase and once in all, and none while warming up", () => {
    const ends = fc.constantFrom("answered" as const, "failed" as const, "shed" as const);
    const query = fc.record({
      kind: ends,
      atMs: fc.nat(9_999),
      latencyMs: fc.nat(500),
      coverage: fc.constantFrom(0.5, 1),
    });
    fc.assert(
      fc.property(fc.array(query, { maxLength: 60 }), (queries) => {
        const { recorder, record } = recorderOf();
        for (const one of queries) record(one);
        const figures = recorder.figures(undefined);
        const counted = queries.filter(({ atMs }) => atMs >= 1_000);
        const count = (kind: string): number => counted.filter((one) => one.kind === kind).length;
        const all = figures.get("all");
        expect(all?.queries).toBe(counted.length);
        expect([all?.errors, all?.shed]).toEqual([count("failed"), count("shed")]);
        const parts = (["steady", "fault", "after"] as const).map((phase) => figures.get(phase)?.queries ?? 0);
        expect(parts.reduce((sum, one) => sum + one, 0)).toBe(counted.length);
        const inTime = counted.filter((one) => one.kind === "answered" && one.coverage === 1 && one.latencyMs <= 100);
        expect(all?.fullCoverageGoodput).toBeCloseTo(counted.length === 0 ? 0 : inTime.length / counted.length, 9);
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  test("what is turned away has no latency, what fails has", () => {
    const { recorder, record } = recorderOf();
    record({ kind: "shed", latencyMs: 1 });
    record({ kind: "failed", latencyMs: 400, coverage: 0 });
    record({ latencyMs: 20 });
    const figures = recorder.figures(2).get("steady");
    expect(figures).toMatchObject({ availability: 1 / 3, shedShare: 1 / 3, errors: 1, coverage: 0.5 });
    expect(figures?.latencyMs.max).toBe(400);
    expect(figures?.goodputOfCapacity).toBeCloseTo(1 / (3 * 2), 6);
  });

  test("what the root did counts where it was done, and a root that was started again counts anew", () => {
    const recorder = new VariantRecorder({ variant: "all", budgetMs: 100, leaves: 2 });
    const one = recorder.leg({ startMs: 0, durationMs: leg.durationMs, phaseAt: phasesOf(leg) });
    one.recordCounts({ first: 1_000, hedges: 500, retries: 0 }, 0);
    one.recordCounts({ first: 1_100, hedges: 510, retries: 0 }, 4_000);
    one.recordCounts({ first: 1_200, hedges: 550, retries: 10 }, 6_000);
    one.recordCounts({ first: 20, hedges: 0, retries: 0 }, 7_000);
    one.recordCounts({ first: 120, hedges: 0, retries: 0 }, 8_000);
    const figures = recorder.figures(undefined);
    expect(figures.get("steady")?.extraAttempts).toBeCloseTo(0.1, 9);
    expect(figures.get("fault")?.extraAttempts).toBeCloseTo(0.5, 9);
    expect(figures.get("after")?.extraAttempts).toBe(0);
  });

  test("seconds add up to the run, and the busiest leaf shows", () => {
    const { recorder, record } = recorderOf();
    record({ atMs: 2_500, leaves: ["leaf-1", "leaf-1"] });
    record({ atMs: 2_700, leaves: ["leaf-1", "leaf-2"] });
    expect(recorder.seconds).toHaveLength(10);
    expect(recorder.seconds[2]).toMatchObject({ queries: 2, answered: 2, coverage: 2, phase: "steady" });
    expect(recorder.figures(undefined).get("all")?.busiestLeaf).toBe(1.5);
  });

  test("have the middle round's tail, whatever one round went through", () => {
    const recorder = new VariantRecorder({ variant: "all", budgetMs: 100, leaves: 2 });
    const tailsMs = [12, 90, 10, 400, 11];
    for (const tailMs of tailsMs) {
      const one = recorder.leg({ startMs: 0, durationMs: leg.durationMs, phaseAt: phasesOf(leg) });
      for (let i = 0; i < 3_000; i++) {
        one.record({ kind: "answered", atMs: 2_000, latencyMs: i < 30 ? tailMs : 5, coverage: 1 });
      }
    }
    const figures = recorder.figures(undefined).get("all");
    expect(figures?.middleRound.p999).toBeCloseTo(12, 0);
    expect(figures?.middleRound.queriesMin).toBe(3_000);
    expect(figures?.latencyMs.p999).toBeGreaterThan(300);
  });

  test("tell no round's tail from too few queries", () => {
    const recorder = new VariantRecorder({ variant: "all", budgetMs: 100, leaves: 2 });
    for (const queries of [5_000, 1_999, 5_000]) {
      const one = recorder.leg({ startMs: 0, durationMs: leg.durationMs, phaseAt: phasesOf(leg) });
      for (let i = 0; i < queries; i++) one.record({ kind: "answered", atMs: 2_000, latencyMs: 5, coverage: 1 });
    }
    const bounds = { atMost: 10, atLeast: undefined, of: undefined, ofPhase: undefined };
    const target = { variant: "all", phase: "all", measure: "middleRound.p999", ...bounds } as const;
    const seen = new Map([["all", recorder.figures(undefined)]]);
    expect(judgeLive([target], seen)).toMatchObject([{ kind: "unknown" }]);
  });
});
