import { describe, expect, it } from "vitest";
import { AnswerTally } from "../../src/root/answer-tally.ts";

describe("what a root has gathered", () => {
  it("counts answers and their shards, and of scatters that were called off what had failed alone", () => {
    const tally = new AnswerTally();
    const [complete, late] = [{ outcome: "complete", errors: [] } as const, { outcome: "late", errors: [] } as const];
    const crashed = { outcome: "late", errors: ["crashed"] } as const;
    tally.record({ reports: [complete, late], coverage: 0.5, withdrawn: false });
    tally.record({ reports: [crashed, late], coverage: 0, withdrawn: true });
    expect(tally.coverage).toEqual({ "1": 0, "0.99": 0, "0.9": 0, "0.5": 1, "0": 0 });
    expect(tally.shards).toMatchObject({ complete: 1, late: 1 });
    expect(tally.errors.crashed).toBe(1);
    expect(tally.withdrawn).toBe(1);
  });
});
