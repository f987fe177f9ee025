import { describe, expect, test } from "vitest";
import { chartsOf } from "../../../load/report/chart-data.ts";
import { reportOf } from "../../../load/report/report.ts";
import { phasesOf } from "../../../load/runner/phases.ts";
import { VariantRecorder } from "../../../load/runner/recorder.ts";
import { loadLiveScenario } from "../../../load/scenario/live-scenario.ts";

/** A run of two variants of two seconds each, one after the other; the second one is disturbed in its second second. */
function report() {
  const recorders = ["calm", "disturbed"].map((variant, turn) => {
    const faults = turn === 0 ? [] : [{ kind: "hung", on: { all: true }, fromMs: 1_000 } as const];
    const shape = { durationMs: 2_000, warmUpMs: 0, liveFaults: [], stages: [], faults };
    const recorder = new VariantRecorder({ variant, budgetMs: 100, leaves: 1 });
    const leg = recorder.leg({ startMs: turn * 2_000, durationMs: 2_000, phaseAt: phasesOf(shape) });
    for (let atMs = 0; atMs < 2_000; atMs += 5) {
      leg.record({ kind: "answered", atMs, latencyMs: atMs % 100 === 0 ? 50 : 5, coverage: 1 });
    }
    return recorder;
  });
  const [calm, disturbed] = recorders;
  if (calm === undefined || disturbed === undefined) throw new Error("there are two");
  const disturbances = [{ fromMs: 1_000, untilMs: 2_000, what: "hung" }];
  const result = {
    startedAt: "2000-01-01T00:00:00Z",
    scenario: loadLiveScenario("steady"),
    legs: [
      { variant: "calm", startMs: 0, durationMs: 2_000, disturbances: [] },
      { variant: "disturbed", startMs: 2_000, durationMs: 2_000, disturbances },
    ],
    recorders,
    capacity: undefined,
    figures: new Map(recorders.map((one) => [one.variant, one.figures(undefined)])),
    verdicts: [],
    lagMs: undefined,
    predictions: [],
    profiles: [],
  };
  return reportOf(result, {
    scenario: "steady",
    target: undefined,
    index: "demo",
    durationMs: undefined,
    arrivals: undefined,
    queries: undefined,
    variant: undefined,
    seed: 1,
    report: undefined,
    predict: false,
    profile: false,
    json: false,
  });
}

describe("what a report's page draws", () => {
  const charts = chartsOf(report());

  test("every chart has a line for each label, all as long as x", () => {
    expect(charts.map(({ title }) => title)).toContain("Latency over time");
    for (const { labels, columns } of charts) {
      expect(columns).toHaveLength(labels.length + 1);
      for (const column of columns) expect(column).toHaveLength(columns[0]?.length ?? -1);
    }
  });

  test("variants have their own seconds, with gaps where another had its turn, and faults stand where they were", () => {
    const queries = charts.find(({ title }) => title === "Queries over time");
    expect(queries?.columns[0]).toEqual([0, 1, 2, 3]);
    expect(queries?.columns[queries.labels.indexOf("calm sent") + 1]).toEqual([200, 200, null, null]);
    expect(queries?.columns[queries.labels.indexOf("disturbed sent") + 1]).toEqual([null, null, 200, 200]);
    expect(queries?.bands).toEqual([{ from: 3, until: 4, what: "hung" }]);
  });

  test("percentiles rise, and end where too few queries stand behind them", () => {
    const latency = charts.find(({ x }) => x === "nines");
    const line = latency?.columns[latency.labels.indexOf("calm all") + 1] ?? [];
    const told = line.filter((ms) => ms !== null);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBeGreaterThan(40);
    expect(line.at(-1)).toBeNull();
  });
});
