import { describe, expect, test } from "vitest";
import { ablations, sweptScenarios, worthLines } from "../../src/simulator/ablate.ts";
import { readArguments } from "../../src/simulator/arguments.ts";
import { play } from "../../src/simulator/play.ts";
import { readScenarioFile, type Scenario } from "../../src/simulator/scenario.ts";
import { loadScenario } from "../../src/simulator/scenario-store.ts";

function overloaded(): Scenario {
  const { variants } = readScenarioFile({
    name: "small",
    about: "more than a few leaves can do, and one of them slow",
    layout: { shards: 4, replicas: 3 },
    leaf: { workers: 1 },
    service: { kind: "exponential", meanMs: 2 },
    load: { arrivals: { kind: "load", load: 2 }, queries: 3_000, warmUpQueries: 1_000, budgetMs: 60 },
    faults: [{ kind: "slow", on: { leaves: [0] }, fromMs: 0, factor: 8 }],
  });
  const [scenario] = variants;
  if (scenario === undefined) throw new Error("a file has at least one variant");
  return scenario;
}

describe("an ablation", () => {
  const runs = ablations(overloaded());
  const figures = new Map(runs.map((run) => [run.variant, play(run, 1).figures]));
  const of = (name: string) => {
    const found = figures.get(`all: ${name}`);
    if (found === undefined) throw new Error(`there is no run ${name}`);
    return found;
  };

  test("plays everything, each policy missing, and nothing", () => {
    expect(runs.map(({ variant }) => variant)).toEqual([
      "all: all on",
      "all: without hedging",
      "all: without cancelling",
      "all: without budget",
      "all: without replica choice",
      "all: round-robin choice",
      "all: without slow start",
      "all: without probation",
      "all: without admission",
      "all: all off",
    ]);
  });

  test("shows what is missed", () => {
    expect(of("without hedging").extraAttempts).toBe(0);
    expect(of("without probation").ejections).toBe(0);
    expect(of("all on").ejections).toBeGreaterThan(0);
    expect(of("without admission").shed).toBe(0);
    expect(of("without admission").fullCoverageGoodput).toBeLessThan(of("all on").fullCoverageGoodput / 2);
    expect(of("all off").fullCoverageGoodput).toBeLessThan(of("all on").fullCoverageGoodput / 2);
    expect(of("without replica choice").hash).not.toBe(of("all on").hash);
  });

  test("tells each one's worth in a line, beside the run with everything", () => {
    const lines = worthLines(figures).split("\n");
    expect(lines).toHaveLength(runs.length - 1);
    const { latencyMs } = of("all off");
    expect(lines.at(-1)).toContain(`all: all off: p99 ${(latencyMs.p99 / of("all on").latencyMs.p99).toFixed(2)}x`);
  });
});

test("round robin goes round every shard's replicas", () => {
  const [even] = ablations({ ...overloaded(), faults: [] }).filter(({ variant }) => variant.includes("round-robin"));
  if (even === undefined) throw new Error("round robin is compared with");
  const load = { ...even.load, arrivals: { kind: "load", load: 0.5 } as const };
  expect(play({ ...even, load }, 1).figures.latencyMs.p99).toBeLessThan(40);
});

describe("the sweep without a scenario", () => {
  test("is of scenarios that come with the product, each named by its file and variant", () => {
    const swept = sweptScenarios();
    expect(new Set(swept.map(({ variant }) => variant)).size).toBe(6);
    for (const { name, variant } of swept) {
      const names = loadScenario(name).variants.map((run) => `${name} ${run.variant}`);
      expect(names).toContain(variant);
    }
  });

  test("is what ablate does by itself", () => {
    expect(readArguments(["--ablate", "--json"])).toMatchObject({ scenario: undefined, ablate: true, json: true });
    expect(() => readArguments(["--ablate", "--variant", "slow"])).toThrow("--variant needs --scenario");
  });
});

describe("slips", () => {
  test("are answered with what was meant", () => {
    expect(() => readArguments(["--scenaro", "tied"])).toThrow("did you mean --scenario?");
    expect(() => loadScenario("hiccup")).toThrow("did you mean hiccups?");
    expect(() => loadScenario("zebra")).toThrow("there are ");
    const typo = { name: "x", about: "y", layout: { shards: 1, replica: 2, replicas: 1 } };
    expect(() => readScenarioFile(typo)).toThrow("layout.replica is not known; did you mean replicas?");
  });
});
