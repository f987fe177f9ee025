import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asNumber, asRecord } from "../../src/command/answers.ts";
import type { LiveVariant } from "../scenario/live-scenario.ts";
import type { QueryQuantiles, Recorded } from "./recorded-profile.ts";

export type Prediction = { p50Ms: number; p99Ms: number };

/** What the simulator is to play: for how long, at what rate; and where its files are kept, if they are. */
export type SimulatedRun = {
  ratePerSecond: number | undefined;
  durationMs: number;
  warmUpMs: number;
  seed: number;
  directory: string | undefined;
};

const program = fileURLToPath(new URL("../../src/simulator/main.ts", import.meta.url));

/**
 * Has the simulator play a variant with recorded service times, as a process of its own: the harness knows no more of it
 * than its command line. The run's directory gets `recorded.json` and `scenario.json`, with which
 * `npm run simulate -- --scenario scenario.json --profile recorded.json` repeats it; undefined leaves nothing behind.
 */
export async function simulate(variant: LiveVariant, recorded: Recorded, run: SimulatedRun): Promise<QueryQuantiles> {
  const { directory, seed } = run;
  const kept = directory ?? (await mkdtemp(join(tmpdir(), "hedgerow-predict-")));
  try {
    await mkdir(kept, { recursive: true });
    const profile = join(kept, "recorded.json");
    const scenario = join(kept, "scenario.json");
    await writeFile(profile, `${JSON.stringify(recorded.service)}\n`);
    await writeFile(scenario, `${JSON.stringify(simulatedScenario(variant, recorded, run))}\n`);
    const args = ["--scenario", scenario, "--profile", profile, "--seed", String(seed), "--json"];
    const figures = asRecord(asRecord(JSON.parse(await output([program, ...args]))).latencyMs);
    return { p50: asNumber(figures.p50) ?? 0, p95: asNumber(figures.p95) ?? 0, p99: asNumber(figures.p99) ?? 0 };
  } finally {
    if (directory === undefined) await rm(kept, { recursive: true, force: true });
  }
}

/** A variant as the simulator is to play it, as the JSON of a scenario file. */
export function simulatedScenario(
  { scenario }: LiveVariant,
  { rttMs }: Recorded,
  { ratePerSecond, durationMs, warmUpMs }: Pick<SimulatedRun, "ratePerSecond" | "durationMs" | "warmUpMs">,
): Record<string, unknown> {
  const { name, about, layout, leaf, service, load, faults, policy } = scenario;
  const queriesIn = (spanMs: number): number => Math.round(((ratePerSecond ?? 0) * spanMs) / 1_000);
  const counts =
    ratePerSecond === undefined
      ? {}
      : {
          arrivals: { kind: "rate", perSecond: ratePerSecond },
          queries: Math.max(1, queriesIn(durationMs - warmUpMs)),
          warmUpQueries: queriesIn(warmUpMs),
        };
  return { name, about, layout, leaf, service, rttMs, load: { ...load, ...counts }, faults, policy };
}

function output(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let complained = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complained += chunk.toString();
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`the simulator ended with ${code}: ${complained}`));
    });
  });
}

/** Both figures side by side, and how far apart they are. */
export function predictionLines(seen: readonly { variant: string; live: Prediction; simulated: Prediction }[]): string {
  const line = (name: string, live: number, simulated: number): string => {
    const error = live === 0 ? 0 : simulated / live - 1;
    const apart = `${error >= 0 ? "+" : ""}${(error * 100).toFixed(0)} %`;
    return `${name}: live ${live.toFixed(2)} ms, simulated ${simulated.toFixed(2)} ms (${apart})`;
  };
  return seen
    .flatMap(({ variant, live, simulated }) => [
      line(`${variant} p50`, live.p50Ms, simulated.p50Ms),
      line(`${variant} p99`, live.p99Ms, simulated.p99Ms),
    ])
    .join("\n");
}
