import { slipProblem } from "../../src/command/flags.ts";
import { type KnownFlag, partsOf } from "../../src/flags.ts";
import { didYouMean } from "../../src/nearest.ts";

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
  if (name === "") return { kind: "invalid", detail: "a benchmark must be named" };
  if (!isBenchmark(name)) {
    const detail = `there is no benchmark "${name}"${didYouMean(name, Object.keys(benchmarks))}`;
    return { kind: "invalid", detail };
  }
  const options: BenchmarkOptions = { json: false };
  for (const part of partsOf(args, knownFlags(benchmarks[name]))) {
    if (part.kind === "word") return { kind: "invalid", detail: `"${part.text}" is no flag` };
    if (part.kind === "slip") return { kind: "invalid", detail: slipProblem(part) };
    if (part.kind === "flag") options[part.name] = part.value;
  }
  return { kind: "run", name, options };
}

function knownFlags({ takes = [], switches = [] }: OwnFlags): KnownFlag<string>[] {
  return [
    ...takes.map((name): KnownFlag<string> => ({ name, takes: "value" })),
    ...["json", ...switches].map((name): KnownFlag<string> => ({ name, takes: "nothing" })),
  ];
}
