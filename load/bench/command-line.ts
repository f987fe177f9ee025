import { parseArgs } from "node:util";
import { messageOf } from "../../src/errors.ts";
import { nearestName } from "../../src/nearest.ts";
import { flagSlip } from "../driver/flag-slip.ts";

/** The flags of a benchmark beside `--json`: those with a value after them, and those without. */
type OwnFlags = { takes?: readonly string[]; switches?: readonly string[] };

/** Every benchmark. Their flags stand here, so that help need not load them all. */
const benchmarks = {
  engine: {},
  indexing: {},
  fanout: {},
  features: {},
  recording: {},
  log: {},
  scrape: {},
  restart: {},
  writes: {},
  scale: { takes: ["part", "documents-max"], switches: ["quick"] },
  peers: { takes: ["collection"] },
} as const satisfies Record<string, OwnFlags>;

export type BenchmarkName = keyof typeof benchmarks;

export type BenchmarkOptions = { json: boolean; [flag: string]: string | boolean | undefined };

export type CommandLine =
  | { kind: "run"; name: BenchmarkName; options: BenchmarkOptions }
  | { kind: "help"; text: string }
  | { kind: "invalid"; detail: string };

/** How a benchmark is called; where there is none of that name, how each is. */
export function usageOf(name: string): string {
  if (isBenchmark(name)) return `usage: npm run bench -- ${[name, ...shownFlags(benchmarks[name])].join(" ")}`;
  const lines = Object.entries(benchmarks).map(([each, flags]) => `  ${[each, ...shownFlags(flags)].join(" ")}`);
  return ["usage: npm run bench -- NAME [flags], which is one of", ...lines].join("\n");
}

function isBenchmark(name: string): name is BenchmarkName {
  return Object.hasOwn(benchmarks, name);
}

function shownFlags({ takes = [], switches = [] }: OwnFlags): string[] {
  return ["[--json]", ...takes.map((flag) => `[--${flag} VALUE]`), ...switches.map((flag) => `[--${flag}]`)];
}

/** Reads a benchmark's name and its flags. What does not fit is named, with what was meant. */
export function readCommandLine([name = "", ...args]: readonly string[]): CommandLine {
  if ([name, ...args].some((word) => word === "--help" || word === "-h")) return { kind: "help", text: usageOf(name) };
  if (!isBenchmark(name)) {
    const near = nearestName(name, Object.keys(benchmarks));
    const detail = `there is no benchmark "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`;
    return { kind: "invalid", detail };
  }
  const own: OwnFlags = benchmarks[name];
  const options = {
    json: { type: "boolean", default: false },
    ...Object.fromEntries((own.takes ?? []).map((flag) => [flag, { type: "string" } as const])),
    ...Object.fromEntries((own.switches ?? []).map((flag) => [flag, { type: "boolean" } as const])),
  } as const;
  const slip = flagSlip(args, options);
  if (slip !== undefined) return { kind: "invalid", detail: slip };
  try {
    return { kind: "run", name, options: parseArgs({ args, options }).values };
  } catch (error) {
    return { kind: "invalid", detail: messageOf(error) };
  }
}
