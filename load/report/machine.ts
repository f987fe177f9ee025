import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { asRecord, asText } from "../../src/command/answers.ts";

/** Where a run was measured, without saying whose machine it is. */
export type Machine = {
  processors: number;
  processor: string;
  platform: string;
  memoryBytes: number;
  node: string;
  hedgerow: string;
  /** Processes that ran or wanted to, on average over the minute before this was looked at. */
  loadAverage: number;
};

/** Describes the machine that this process runs on, and the versions that were measured. */
export function describeMachine(): Machine {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return {
    processors: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    platform: `${platform()} ${release()}`,
    memoryBytes: totalmem(),
    node: process.version,
    hedgerow: asText(asRecord(manifest).version) ?? "unknown",
    loadAverage: loadavg()[0] ?? 0,
  };
}
