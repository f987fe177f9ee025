import { describe, expect, it } from "vitest";
import { Freshness } from "../../src/root/freshness.ts";
import { showLags } from "../../src/root/lag-meters.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

/** The series of one metric, by their labels as they are written. */
async function shown(metrics: ReturnType<typeof createMetrics>, name: string): Promise<Map<string, number>> {
  const { text } = await metrics.scrape();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
  return new Map(lines.map((line) => [line.slice(name.length, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

describe("lags behind the log", () => {
  it("are told of each shard's freshest replica also where that is not among those that are shown", async () => {
    let nowMs = 0;
    const freshness = new Freshness({ nowMs: () => nowMs });
    const definition = { index: "many", incarnation: 1 };
    const [stopped, well] = [{ name: "stopped" }, { name: "well" }];
    const shards = Array.from({ length: 90 }, (_, shard) => ({
      feeds: [
        { sequence: 0, appliedSequence: 0, leaf: stopped },
        { sequence: shard === 30 ? 0 : 7, appliedSequence: 7, leaf: well },
      ],
    }));
    freshness.onAppend(shards.map((_, shard) => ({ ...definition, shard, sequence: 7 })));
    nowMs = 9_000;
    const metrics = createMetrics({ runtime: false });
    showLags(metrics, () => [{ definition, shards }], freshness);
    const replicas = await shown(metrics, "hedgerow_root_replica_lag_seconds");
    expect(replicas.size).toBe(80);
    expect(new Set(replicas.values())).toEqual(new Set([9]));
    const least = await shown(metrics, "hedgerow_root_shard_lag_seconds");
    expect(least.size).toBe(80);
    expect([...least].filter(([, seconds]) => seconds > 5)).toEqual([['{index="many",shard="30"}', 9]]);
  });
});
