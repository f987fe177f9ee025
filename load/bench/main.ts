import { messageOf } from "../../src/errors.ts";
import { type BenchmarkName, type BenchmarkOptions, readCommandLine, usageOf } from "./command-line.ts";
import { FlagError } from "./flags.ts";

/** `npm run bench -- NAME [--json]`: runs one of the benchmarks beside this file. Some take flags of their own. */
type Benchmark = { run(options: BenchmarkOptions): Promise<void> };

const benchmarks: Record<BenchmarkName, () => Promise<Benchmark>> = {
  engine: () => import("./engine.ts"),
  indexing: () => import("./indexing.ts"),
  fanout: () => import("./fanout.ts"),
  features: () => import("./features.ts"),
  recording: () => import("./recording.ts"),
  log: () => import("./log.ts"),
  scrape: () => import("./scrape.ts"),
  restart: () => import("./restart.ts"),
  writes: () => import("./writes.ts"),
  scale: () => import("./scale/run.ts"),
  peers: () => import("./peers/run.ts"),
};

const args = process.argv.slice(2);

function refuse(wrong: string): void {
  console.error(`${wrong}\n${usageOf(args[0] ?? "")}`);
  process.exitCode = 2;
}

async function run(name: BenchmarkName, options: BenchmarkOptions): Promise<void> {
  try {
    const benchmark = await benchmarks[name]();
    await benchmark.run(options);
  } catch (error) {
    if (error instanceof FlagError) return refuse(error.message);
    console.error(`bench: ${messageOf(error)}`);
    process.exitCode = 1;
  }
}

const read = readCommandLine(args);
if (read.kind === "help") console.log(read.text);
else if (read.kind === "invalid") refuse(read.detail);
else await run(read.name, read.options);
