import { describe, expect, test } from "vitest";
import { predictionLines, simulatedScenario } from "../../../load/predict/predict.ts";
import { profileFrom, type QueryQuantiles, type Recorded } from "../../../load/predict/recorded-profile.ts";
import { type LiveVariant, loadLiveScenario } from "../../../load/scenario/live-scenario.ts";
import { play } from "../../../src/simulator/play.ts";
import { readScenarioFile } from "../../../src/simulator/scenario.ts";
import { seededRandom } from "../../../src/time.ts";

const shards = 4;
const recordedPerSecond = 10;

function steady(): LiveVariant {
  const [variant] = loadLiveScenario("steady").variants;
  if (variant === undefined) throw new Error("a scenario has a variant");
  return variant;
}

function played(recorded: Recorded, ratePerSecond: number): QueryQuantiles {
  const run = { ratePerSecond, durationMs: 120_000, warmUpMs: 1_000 };
  const file: unknown = JSON.parse(JSON.stringify(simulatedScenario(steady(), recorded, run)));
  const base = typeof file === "object" ? file : {};
  const [scenario] = readScenarioFile({ ...base, service: recorded.service }).variants;
  if (scenario === undefined) throw new Error("a file has a variant");
  return play(scenario, 1).figures.latencyMs;
}

describe("a recorded profile", () => {
  const random = seededRandom(11);
  const queries = Array.from({ length: 4_000 }, () => {
    const slowestMs = 1 + 4 * random.next() ** 3;
    return { slowestMs, latencyMs: slowestMs + 0.5 };
  });
  const sorted = queries.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);

  test("gives in the simulator, at the rate that it was recorded at, what was recorded", async () => {
    const recorded = await profileFrom(queries, shards, async (candidate) => played(candidate, recordedPerSecond));
    if (recorded === undefined) throw new Error("there are enough queries");
    expect(recorded.rttMs).toBeCloseTo(0.5, 6);
    const told = played(recorded, recordedPerSecond);
    for (const [share, ms] of [
      [0.5, told.p50],
      [0.95, told.p95],
      [0.99, told.p99],
    ] as const) {
      expect(ms / (sorted[Math.floor(share * sorted.length)] ?? 1)).toBeGreaterThan(0.9);
      expect(ms / (sorted[Math.floor(share * sorted.length)] ?? 1)).toBeLessThan(1.1);
    }
    expect(played(recorded, 300).p99).toBeGreaterThan(1.1 * told.p99);
  });

  test("has no attempt slower than any that was seen, also where hedges keep the tail from the answers", async () => {
    const deaf = async (): Promise<QueryQuantiles> => ({ p50: 1.5, p95: 1.6, p99: 1.7 });
    const recorded = await profileFrom(queries, shards, deaf);
    const slowestMs = Math.max(...queries.map((query) => query.slowestMs));
    expect(recorded?.service.points.length).toBeGreaterThan(5);
    for (const [, ms] of recorded?.service.points ?? []) expect(ms).toBeLessThanOrEqual(slowestMs);
  });

  test("is not made of too few queries", async () => {
    const few = [{ slowestMs: 1, latencyMs: 2 }];
    expect(await profileFrom(few, shards, async () => ({ p50: 1, p95: 1, p99: 1 }))).toBeUndefined();
  });
});

test("a prediction is shown beside what it was of", () => {
  const seen = [{ variant: "all", live: { p50Ms: 2, p99Ms: 8 }, simulated: { p50Ms: 2.2, p99Ms: 6 } }];
  expect(predictionLines(seen)).toBe(
    "all p50: live 2.00 ms, simulated 2.20 ms (+10 %)\nall p99: live 8.00 ms, simulated 6.00 ms (-25 %)",
  );
});
