import { describe, expect, test } from "vitest";
import { ablations, sweptScenarios, worthLines } from "../../src/simulator/ablate.ts";
import { readArguments } from "../../src/simulator/arguments.ts";
import type { RunFigures } from "../../src/simulator/measure.ts";
import { play } from "../../src/simulator/play.ts";
import { readScenarioFile, type Scenario } from "../../src/simulator/scenario.ts";
import { loadScenario } from "../../src/simulator/scenario-store.ts";

const few = {
  name: "small",
  about: "a few leaves and what may befall them",
  layout: { shards: 4, replicas: 3 },
  leaf: { workers: 1 },
  service: { kind: "exponential", meanMs: 2 },
} as const;

function scenarioOf({ load, ...change }: { load: number } & Record<string, unknown>): Scenario {
  const offered = { arrivals: { kind: "load", load }, queries: 3_000, warmUpQueries: 1_000, budgetMs: 60 };
  const [scenario] = readScenarioFile({ ...few, load: offered, ...change }).variants;
  if (scenario === undefined) throw new Error("a file has at least one variant");
  return scenario;
}

const slowLeaf = { kind: "slow", on: { leaves: [0] }, fromMs: 0, factor: 8 };
const coldLeaf = { kind: "join", on: { leaves: [0] }, fromMs: 2_000, factor: 2, warmMs: 3_000 };
const pauses = { kind: "pauses", on: { count: 6 }, everyMs: 100, pauseMs: 20 };

function overloaded(): Scenario {
  return scenarioOf({ load: 2, faults: [slowLeaf] });
}

/** Plays those runs of a scenario's ablation that are asked for. */
function runsOf(scenario: Scenario): (name: string) => RunFigures {
  const runs = ablations(scenario);
  return (name) => {
    const run = runs.find(({ variant }) => variant === `all: ${name}`);
    if (run === undefined) throw new Error(`there is no run ${name}`);
    return play(run, 1).figures;
  };
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

  test("shows what is missed under overload beside a slow leaf: admission and probation", () => {
    expect(of("all on").ejections).toBeGreaterThan(0);
    expect(of("without probation").ejections).toBe(0);
    expect(of("all on").shed).toBeGreaterThan(0);
    expect(of("without admission").shed).toBe(0);
    expect(of("without admission").fullCoverageGoodput).toBeLessThan(of("all on").fullCoverageGoodput / 2);
    expect(of("all off").fullCoverageGoodput).toBeLessThan(of("all on").fullCoverageGoodput / 2);
  });

  test("shows what is missed where leaves pause: hedging and its budget, and the choice of replicas", () => {
    const played = runsOf(scenarioOf({ load: 0.4, faults: [pauses] }));
    const { latencyMs, extraAttempts } = played("all on");
    expect(extraAttempts).toBeGreaterThan(0.03);
    const unhedged = played("without hedging");
    expect(unhedged.extraAttempts).toBe(0);
    expect(unhedged.latencyMs.p99).toBeGreaterThan(latencyMs.p99 * 1.1);
    expect(played("without budget").extraAttempts).toBeGreaterThan(extraAttempts * 1.5);
    expect(played("without replica choice").latencyMs.p50).toBeGreaterThan(latencyMs.p50 * 1.5);
    expect(played("round-robin choice").latencyMs.p50).toBeGreaterThan(latencyMs.p50 * 1.2);
    expect(played("all off").latencyMs.p99).toBeGreaterThan(latencyMs.p99 * 1.2);
  });

  test("shows what is missed where a leaf joins cold: the slow start", () => {
    const played = runsOf(scenarioOf({ load: 0.5, faults: [coldLeaf] }));
    const { joinedShare } = played("all on");
    expect(joinedShare).toBeGreaterThan(0);
    expect(played("without slow start").joinedShare).toBeGreaterThan(joinedShare * 2);
  });

  test("shows what is missed where much is hedged: cancelling", () => {
    const policy = { hedge: { fixedDelayMs: 3 }, budget: { deposit: 0.5, retryShare: 0 } };
    const service = { kind: "exponential", meanMs: 10 };
    const played = runsOf(scenarioOf({ load: 0.4, service, policy }));
    expect(played("without cancelling").extraWork).toBeGreaterThan(played("all on").extraWork * 1.2);
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
