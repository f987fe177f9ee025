import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readArguments } from "../../src/simulator/arguments.ts";
import { EventQueue } from "../../src/simulator/events.ts";
import { play } from "../../src/simulator/play.ts";
import { type ServiceProfile, serviceSampler } from "../../src/simulator/profile.ts";
import { readScenarioFile, type Scenario } from "../../src/simulator/scenario.ts";
import { loadProfile, loadScenario, scenarioNames } from "../../src/simulator/scenario-store.ts";
import { judge } from "../../src/simulator/target.ts";
import { seededRandom } from "../../src/time.ts";
import { smallScenario } from "../support/small-scenario.ts";

const small = {
  ...smallScenario,
  layout: { shards: 4, replicas: 2 },
  load: { ...smallScenario.load, warmUpQueries: 200 },
};

function scenarioOf(change: object = {}): Scenario {
  const [scenario] = readScenarioFile({ ...small, ...change }).variants;
  if (scenario === undefined) throw new Error("a file has at least one variant");
  return scenario;
}

describe("the event queue", () => {
  test("gives events out by time, and those of one time as they came", () => {
    const times = fc.array(fc.nat(20), { maxLength: 200 });
    fc.assert(
      fc.property(times, (atMs) => {
        const queue = new EventQueue<{ atMs: number; order: number }>();
        atMs.forEach((time, order) => {
          queue.push(time, { atMs: time, order });
        });
        const out = Array.from({ length: atMs.length }, () => queue.pop());
        const expected = atMs.map((time, order) => ({ atMs: time, order })).sort((a, b) => a.atMs - b.atMs);
        expect(out).toEqual(expected);
        expect(queue.pop()).toBeUndefined();
      }),
      { seed: 61, numRuns: 300 },
    );
  });

  test("an event pushed into the past happens now", () => {
    const queue = new EventQueue<string>();
    queue.push(10, "first");
    queue.pop();
    queue.push(3, "late");
    expect(queue.pop()).toBe("late");
    expect(queue.nowMs).toBe(10);
  });
});

describe("service times", () => {
  const profiles: [string, ServiceProfile, (q: number) => number][] = [
    ["exponential", { kind: "exponential", meanMs: 3 }, (q) => -3 * Math.log(1 - q)],
    ["lognormal", { kind: "lognormal", medianMs: 4, spread: 0.5 }, (q) => 4 * Math.exp(0.5 * normalQuantile(q))],
    [
      "quantiles",
      {
        kind: "quantiles",
        points: [
          [0, 0.5],
          [0.5, 2],
          [0.9, 10],
          [0.99, 50],
          [1, 60],
        ],
      },
      (q) => ({ 0.5: 2, 0.9: 10, 0.99: 50 })[q] ?? 0,
    ],
  ];

  test.each(profiles)("%s has the quantiles it should", (_, profile, quantile) => {
    const sampler = serviceSampler(profile);
    const random = seededRandom(5);
    const drawn = Float64Array.from({ length: 100_000 }, () => sampler.sample(random)).sort();
    for (const q of [0.5, 0.9, 0.99]) expect((drawn[q * drawn.length] ?? 0) / quantile(q)).toBeCloseTo(1, 1);
    const mean = drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length;
    expect(mean / sampler.meanMs).toBeCloseTo(1, 1);
  });
});

/** The three quantiles of the standard normal distribution that the test above asks for. */
function normalQuantile(q: number): number {
  return { 0.5: 0, 0.9: 1.28155, 0.99: 2.32635 }[q] ?? Number.NaN;
}

describe("a run", () => {
  test("is the same for the same seed, and another for another", () => {
    const scenario = scenarioOf({ faults: [{ kind: "pauses", on: { count: 2 }, everyMs: 50, pauseMs: 10 }] });
    const [a, b, c] = [1, 1, 2].map((seed) => play(scenario, seed).figures);
    expect({ ...a, wallS: 0 }).toEqual({ ...b, wallS: 0 });
    expect(a?.hash).not.toBe(c?.hash);
  });

  test("of one leaf and no policies has the sojourn times of an M/M/1 queue", () => {
    const scenario = scenarioOf({
      layout: { shards: 1, replicas: 1 },
      load: { ...small.load, queries: 200_000, warmUpQueries: 2_000, budgetMs: 10_000 },
      rttMs: 0,
      policy: { none: true },
    });
    const { latencyMs } = play(scenario, 3).figures;
    const meanMs = 2 / (1 - 0.5);
    expect(latencyMs.p50 / (meanMs * Math.LN2)).toBeCloseTo(1, 1);
    expect(latencyMs.p99 / (meanMs * Math.log(100))).toBeCloseTo(1, 1);
  });

  test("answers on time and tells what is missing when a whole shard hangs", () => {
    const scenario = scenarioOf({ faults: [{ kind: "hung", on: { leaves: [0, 4] }, fromMs: 0 }] });
    const { latencyMs, coverage, errors, fullCoverageGoodput } = play(scenario, 1).figures;
    expect(latencyMs.p999).toBeLessThanOrEqual(100);
    expect(coverage).toBeCloseTo(0.75, 2);
    expect(errors).toBe(0);
    expect(fullCoverageGoodput).toBe(0);
  });

  test("loses no query to a leaf that dies, nor to one that comes back", () => {
    const scenario = scenarioOf({ faults: [{ kind: "crash", on: { leaves: [1] }, fromMs: 200, untilMs: 500 }] });
    const { coverage, errors } = play(scenario, 1).figures;
    expect({ coverage, errors }).toEqual({ coverage: 1, errors: 0 });
  });

  test("counts what closed and staged arrivals offer", () => {
    const closed = scenarioOf({ load: { ...small.load, arrivals: { kind: "closed", connections: 8 } } });
    expect(play(closed, 1).figures.queries).toBe(2_000);
    const staged = scenarioOf({ load: { ...small.load, stages: [{ fromMs: 0, factor: 2 }] } });
    expect(play(staged, 1).figures.simulatedS / play(scenarioOf(), 1).figures.simulatedS).toBeCloseTo(0.5, 1);
  });
});

describe("scenario files", () => {
  test("all that come with the product can be read and say what they promise", () => {
    expect(scenarioNames().length).toBeGreaterThan(11);
    for (const name of scenarioNames()) {
      const file = loadScenario(name);
      expect(file.name).toBe(name);
      expect(file.about.length).toBeGreaterThan(100);
      const promises = [file.targets.length > 0, file.variants.every(({ live }) => live !== undefined)];
      expect(promises, "for the simulator, or in what only live runs read").toContain(true);
    }
  });

  test.each([
    [{ typo: 1 }, "typo is not known"],
    [{ layout: { shards: 0, replicas: 1 } }, "layout.shards must be a number of at least 1"],
    [{ service: { kind: "uniform" } }, "service.kind must be one of constant"],
    [{ policy: { hedge: { quantil: 0.9 } } }, "policy.hedge.quantil is not known"],
    [{ faults: [{ kind: "hung", on: {} }] }, "faults[0].on must say which leaves"],
    [{ leaf: {} }, "needs leaf.workers"],
    [
      {
        service: {
          kind: "quantiles",
          points: [
            [0.5, 2],
            [0.1, 3],
          ],
        },
      },
      "service.points must ascend",
    ],
    [{ targets: [{ measure: "errors", variant: "other", atMost: 0 }] }, "speaks of the variant other"],
    [{ targets: [{ measure: "errors" }] }, "targets[0] needs atMost or atLeast"],
  ])("a wrong one is refused with its place: %j", (change, message) => {
    expect(() => readScenarioFile({ ...small, ...change })).toThrow(message);
  });

  test("one in a file is refused with the file's name", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "hedgerow-scenario-")), "mine.json");
    await writeFile(path, '{"nodes": 3}');
    expect(() => loadScenario(path)).toThrow(`${path}: name must be text`);
    expect(() => loadProfile(path)).toThrow(`${path}: `);
    await rm(dirname(path), { recursive: true });
  });

  test("variants are laid over the base, and another kind replaces a section", () => {
    const file = readScenarioFile({
      ...small,
      variants: { a: {}, b: { load: { arrivals: { kind: "closed", connections: 3 } }, policy: { none: true } } },
    });
    const [a, b] = file.variants;
    expect(a?.load.arrivals).toEqual({ kind: "load", load: 0.5 });
    expect(b?.load.arrivals).toEqual({ kind: "closed", connections: 3 });
    expect(b?.load.queries).toBe(2_000);
    expect([a?.policy.hedge.enabled, b?.policy.hedge.enabled]).toEqual([true, false]);
  });

  test("a target that is missed says so", () => {
    const figures = play(scenarioOf(), 1).figures;
    const targets = [0.5, 2].map((share) => ({
      variant: "all",
      measure: "latencyMs.p99",
      atMost: share,
      atLeast: undefined,
      of: "all",
      seeds: 1,
    }));
    expect(judge(targets, new Map([["all", figures]])).map((verdict) => verdict.holds)).toEqual([false, true]);
  });
});

describe("the command line", () => {
  test("reads what it knows and names what it does not", () => {
    expect(readArguments(["--scenario", "tied", "--seed=7", "--json"])).toMatchObject({
      scenario: "tied",
      seed: 7,
      json: true,
    });
    expect(() => readArguments(["--scenario", "tied", "--sed", "7"])).toThrow("unknown argument: --sed");
    expect(() => readArguments(["--scenario"])).toThrow("--scenario needs a value");
    expect(() => readArguments(["--scenario", "x", "--seed", "1.5"])).toThrow("--seed");
    expect(() => readArguments([])).toThrow("--scenario is missing; there are availability, ");
    expect(() => readArguments(["tied"])).toThrow("unknown argument: tied");
    expect(() => readArguments(["--scenario", "x", "--json=yes"])).toThrow("--json takes no value");
  });

  test.each(["", " ", "1e3", "0x10", "-1"])("takes %j for no seed", (seed) => {
    const refusal = `--seed must be a whole number, not "${seed}"`;
    expect(() => readArguments(["--scenario", "x", `--seed=${seed}`])).toThrow(refusal);
  });

  test.each(["--scenario=y", "--seed=2", "--json"])("takes %s once", (flag) => {
    const [name = ""] = flag.split("=");
    const args = ["--scenario", "x", "--seed", "1", "--json", flag];
    expect(() => readArguments(args)).toThrow(`${name} is given twice`);
  });

  test("is asked for help wherever that is said", () => {
    expect(readArguments(["--scenario", "--help"])).toBe("help");
    expect(readArguments(["--json", "--sed", "-h"])).toBe("help");
  });
});
