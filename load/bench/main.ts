import { parseArgs } from "node:util";
import { FlagError } from "./flags.ts";

/** `npm run bench -- NAME [--json]`: runs one of the benchmarks beside this file. Some take flags of their own. */
type Benchmark = {
  /** Flags with a value after them, and without one. */
  takes?: readonly string[];
  switches?: readonly string[];
  run(options: { json: boolean; [flag: string]: string | boolean | undefined }): Promise<void>;
};

const benchmarks: Record<string, () => Promise<Benchmark>> = {
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

const [name = "", ...args] = process.argv.slice(2);
const usage = `usage: npm run bench -- ${Object.keys(benchmarks).join("|")} [--json]`;

function refuse(wrong: string, flags: readonly string[] = []): void {
  console.error(`${wrong}\n${[usage, ...flags].join(" ")}`);
  process.exitCode = 2;
}

function help(flags: readonly string[] = []): void {
  console.log([usage, ...flags].join(" "));
}

function asksForHelp(words: readonly string[]): boolean {
  return words.includes("--help") || words.includes("-h");
}

async function main(benchmark: Benchmark): Promise<void> {
  const { takes = [], switches = [] } = benchmark;
  const own = {
    ...Object.fromEntries(takes.map((flag) => [flag, { type: "string" } as const])),
    ...Object.fromEntries(switches.map((flag) => [flag, { type: "boolean" } as const])),
  };
  const told = [...takes.map((flag) => `[--${flag} VALUE]`), ...switches.map((flag) => `[--${flag}]`)];
  const options = { json: { type: "boolean", default: false }, ...own } as const;
  let flags: { json: boolean };
  if (asksForHelp(args)) return help(told);
  try {
    flags = parseArgs({ args, options }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), told);
  }
  try {
    await benchmark.run(flags);
  } catch (error) {
    if (error instanceof FlagError) return refuse(error.message, told);
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

const load = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (asksForHelp([name])) help();
else if (load === undefined) refuse(`there is no benchmark "${name}"`);
else await main(await load());
