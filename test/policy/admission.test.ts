import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Admission } from "../../src/policy/admission.ts";
import { policyDefaults } from "../../src/policy/settings.ts";

const settings = policyDefaults.admission;

/** Answers `count` queries of the same kind, with `inflight` of them open at a time. */
function serve(
  admission: Admission,
  end: { tookMs: number; queuedMs?: number; budgetMs: number },
  windows: number,
): void {
  for (let i = 0; i < windows * 40; i++) {
    while (admission.admit("interactive").kind === "admitted");
    admission.leave(end, i * 5);
  }
}

describe("admission", () => {
  test("never has more in flight than its limit, and counts every end", () => {
    const steps = fc.array(fc.record({ enter: fc.boolean(), batch: fc.boolean(), tookMs: fc.nat(300) }), {
      maxLength: 400,
    });
    fc.assert(
      fc.property(steps, (script) => {
        const admission = new Admission(settings);
        let inflight = 0;
        script.forEach(({ enter, batch, tookMs }, i) => {
          const limit = admission.limitNow;
          if (enter && admission.admit(batch ? "batch" : "interactive").kind === "admitted") {
            inflight++;
            expect(inflight).toBeLessThanOrEqual(limit);
          } else if (!enter && inflight > 0) {
            admission.leave({ tookMs, budgetMs: 250 }, i * 10);
            inflight--;
          }
          expect(admission.inflight).toBe(inflight);
          expect(admission.limitNow).toBeGreaterThanOrEqual(settings.limitMin);
        });
      }),
      { seed: 51, numRuns: 300 },
    );
  });

  test("shrinks when queries queue and come near their budgets", () => {
    const admission = new Admission(settings);
    serve(admission, { tookMs: 200, queuedMs: 190, budgetMs: 250 }, 50);
    expect(admission.limitNow).toBe(settings.limitMin);
  });

  test.each([
    ["slow by themselves", { tookMs: 200, queuedMs: 0, budgetMs: 250 }],
    ["queueing far from their budgets", { tookMs: 20, queuedMs: 18, budgetMs: 1_000 }],
  ])("grows on while queries are only %s", (_, end) => {
    const admission = new Admission(settings);
    serve(admission, end, 50);
    expect(admission.limitNow).toBeGreaterThan(settings.limitStart);
  });

  test("says whether capacity is missing or only room under the limit", () => {
    const shedAfter = (queuedMs: number): boolean => {
      const admission = new Admission(settings);
      serve(admission, { tookMs: 200, queuedMs, budgetMs: 250 }, 20);
      while (admission.admit("interactive").kind === "admitted");
      const decision = admission.admit("interactive");
      return decision.kind === "shed" && decision.strained;
    };
    expect([shedAfter(190), shedAfter(0)]).toEqual([true, false]);
  });

  test("does not grow while nobody needs the room", () => {
    const admission = new Admission(settings);
    for (let i = 0; i < 4_000; i++) {
      admission.admit("interactive");
      admission.leave({ tookMs: 1, queuedMs: 0, budgetMs: 250 }, i * 5);
    }
    expect(admission.limitNow).toBe(settings.limitStart);
  });

  test("batch queries leave room for interactive ones and are asked to stay away longer", () => {
    const admission = new Admission(settings);
    while (admission.admit("batch").kind === "admitted");
    expect(admission.inflight).toBe(Math.floor(settings.limitStart * settings.batchShare));
    expect(admission.admit("interactive").kind).toBe("admitted");
    const batch = admission.admit("batch");
    while (admission.admit("interactive").kind === "admitted");
    const interactive = admission.admit("interactive");
    if (batch.kind !== "shed" || interactive.kind !== "shed") throw new Error("both had to be shed");
    expect(interactive.retryAfterS).toBeGreaterThanOrEqual(1);
    expect(batch.retryAfterS).toBeGreaterThan(interactive.retryAfterS);
  });
});
