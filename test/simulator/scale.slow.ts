import { describe, expect, test } from "vitest";
import { play } from "../../src/simulator/play.ts";
import { loadScenario } from "../../src/simulator/scenario-store.ts";
import { expectTargets } from "./targets.ts";

describe("what the scenario of thousands of leaves promises", () => {
  expectTargets("internet-scale");

  /** Its processor time, which is its wall time where nothing else runs. */
  test("internet-scale is played in less than a minute", () => {
    const whole = loadScenario("internet-scale").variants.find(({ variant }) => variant === "all");
    if (whole === undefined) throw new Error("the scenario has its fleet");
    const before = process.cpuUsage();
    play(whole, 6);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(60);
  });
});
