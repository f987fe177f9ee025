import { describe, expect, test } from "vitest";
import { phasesOf } from "../../../load/runner/phases.ts";
import { VariantRecorder } from "../../../load/runner/recorder.ts";
import { judgeLive, liveVerdictLines } from "../../../load/runner/verdict.ts";

const leg = { durationMs: 4_000, warmUpMs: 0, liveFaults: [], stages: [] };
const faults = [{ kind: "hung", on: { all: true }, fromMs: 2_000 } as const];

/** A variant whose queries take `steadyMs` before and `faultMs` during a fault. */
function seen(variant: string, steadyMs: number, faultMs: number) {
  const recorder = new VariantRecorder({ variant, budgetMs: 100, leaves: 1 });
  const one = recorder.leg({ startMs: 0, durationMs: 4_000, phaseAt: phasesOf({ ...leg, faults }) });
  for (let atMs = 0; atMs < 4_000; atMs += 10) {
    one.record({ kind: "answered", atMs, latencyMs: atMs < 2_000 ? steadyMs : faultMs, coverage: 1 });
  }
  return [variant, recorder.figures(undefined)] as const;
}

const target = {
  variant: "with",
  phase: "fault",
  measure: "latencyMs.p50",
  atMost: 2,
  atLeast: undefined,
  of: undefined,
  ofPhase: undefined,
} as const;

describe("verdicts", () => {
  const figures = new Map([seen("with", 10, 15), seen("without", 10, 80)]);

  test("are by multiples of another phase or another variant", () => {
    const [ofPhase, worse] = judgeLive(
      [
        { ...target, ofPhase: "steady" },
        { ...target, variant: "without", ofPhase: "steady" },
      ],
      figures,
    );
    expect([ofPhase?.kind, worse?.kind]).toEqual(["holds", "fails"]);
    const [ofVariant, tight] = judgeLive(
      [
        { ...target, atMost: 0.2, of: "without" },
        { ...target, atMost: 0.1, of: "without" },
      ],
      figures,
    );
    expect([ofVariant?.kind, tight?.kind]).toEqual(["holds", "fails"]);
  });

  test("do not hold where nothing was measured", () => {
    const [missing] = judgeLive([{ ...target, phase: "after" }], figures);
    expect(missing?.kind).toBe("unknown");
    expect(liveVerdictLines(missing === undefined ? [] : [missing])).toMatch(/^FAILS/);
  });

  test("say what they compare", () => {
    const lines = liveVerdictLines(judgeLive([{ ...target, ofPhase: "steady" }], figures));
    expect(lines).toMatch(/^holds {2}with \(fault\) latencyMs\.p50: 1\d(\.\d+)?, at most \d+(\.\d+)? \(2 x steady\)$/);
  });
});
