import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { askedFor } from "../../../load/runner/plan.ts";
import { liveScenarioNames, loadLiveScenario } from "../../../load/scenario/live-scenario.ts";

const directory = mkdtempSync(join(tmpdir(), "hedgerow-load-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const file = {
  name: "small",
  about: "a file of the tests",
  layout: { shards: 2, replicas: 2, leaves: 2 },
  service: { kind: "constant", ms: 1 },
  load: {
    arrivals: { kind: "rate", perSecond: 10 },
    queries: 10,
    stages: [{ fromMs: 4_000, factor: 2 }],
  },
  faults: [{ kind: "hung", on: { leaves: [0] }, fromMs: 2_000, untilMs: 6_000 }],
  live: {
    steadyState: "calm",
    hypothesis: "nothing is lost",
    durationMs: 10_000,
    warmUpMs: 1_000,
    faults: [{ kind: "stalls", on: { all: true }, fromMs: 2_000, untilMs: 3_000, share: 0.1, stallMs: 50 }],
    targets: [{ measure: "availability", phase: "fault", atLeast: 0.9 }],
  },
};

function load(change: (copy: typeof file) => unknown): ReturnType<typeof loadLiveScenario> {
  const path = join(directory, "scenario.json");
  writeFileSync(path, JSON.stringify(change(structuredClone(file))));
  return loadLiveScenario(path);
}

const withLive = (change: object) => (copy: typeof file) => ({ ...copy, live: { ...copy.live, ...change } });

describe("live scenarios", () => {
  test("all that come with the product can be read, and say what they hold to be true", () => {
    const names = liveScenarioNames();
    expect(names).toEqual(expect.arrayContaining(["ci", "steady", "ramp", "spike", "overload-2x", "overload-4x"]));
    for (const name of names) {
      const { variants, targets, about } = loadLiveScenario(name);
      expect(about.length, name).toBeGreaterThan(100);
      expect(targets.length, name).toBeGreaterThan(0);
      for (const { live } of variants) expect(live.hypothesis.length, name).toBeGreaterThan(30);
    }
  });

  test.each([
    ["a misspelt field", withLive({ durationMS: 5 }), "live.durationMS is not known"],
    ["no hypothesis", withLive({ hypothesis: undefined }), "live.hypothesis must be text"],
    ["a figure that is none", withLive({ targets: [{ measure: "p99", atMost: 1 }] }), "live.targets[0].measure"],
    ["a target without bounds", withLive({ targets: [{ measure: "errors" }] }), "needs atMost or atLeast"],
    [
      "a variant that is not there",
      withLive({ targets: [{ measure: "errors", atMost: 0, of: "before" }] }),
      "the variant before",
    ],
    ["a fault of no kind", withLive({ faults: [{ kind: "flood" }] }), "live.faults[0].kind must be one of"],
    ["a fault of nobody", withLive({ faults: [{ kind: "blackhole", on: {} }] }), "live.faults[0].on must say"],
    [
      "a share above one",
      withLive({ faults: [{ kind: "stalls", on: { all: true }, share: 2, stallMs: 1 }] }),
      "share must be a number from 0 to 1",
    ],
    ["a leg that only warms up", withLive({ warmUpMs: 10_000 }), "live.warmUpMs"],
    ["no live section", (copy: typeof file) => ({ ...copy, live: undefined }), 'no "live" section'],
  ])("%s is refused, and named", (_, change, message) => {
    expect(() => load(change)).toThrow(message);
  });

  test("a scenario for the simulator alone is refused with those that are not", () => {
    expect(() => loadLiveScenario("tied")).toThrow(/for the simulator alone.*steady/);
  });

  test("a longer leg stretches faults and stages along", () => {
    const asked = { durationMs: 20_000, arrivals: undefined, variant: undefined, target: undefined };
    const [variant] = askedFor(
      load((copy) => copy),
      asked,
    ).variants;
    expect(variant?.live).toMatchObject({ durationMs: 20_000, warmUpMs: 2_000 });
    expect(variant?.live.faults[0]).toMatchObject({ fromMs: 4_000, untilMs: 6_000 });
    expect(variant?.scenario.faults[0]).toMatchObject({ fromMs: 4_000, untilMs: 12_000 });
    expect(variant?.scenario.load.stages).toEqual([{ fromMs: 8_000, factor: 2 }]);
  });

  test("a foreign cluster is not disturbed, and a variant must be there", () => {
    const none = { durationMs: undefined, arrivals: undefined, variant: undefined, target: undefined };
    const scenario = load((copy) => copy);
    expect(() => askedFor(scenario, { ...none, target: "http://127.0.0.1:1" })).toThrow("has faults");
    expect(() => askedFor(scenario, { ...none, variant: "calm" })).toThrow("no variant calm");
  });
});
