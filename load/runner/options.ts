import { parseArgs } from "node:util";
import { messageOf } from "../../src/errors.ts";
import { flagSlip } from "../driver/flag-slip.ts";

export type RunOptions = {
  scenario: string;
  target: string | undefined;
  index: string;
  durationMs: number | undefined;
  arrivals: { kind: "rate"; perSecond: number } | { kind: "closed"; connections: number } | undefined;
  queries: string | undefined;
  variant: string | undefined;
  seed: number;
  report: string | undefined;
  predict: boolean;
  profile: boolean;
  json: boolean;
};

export type OptionsResult =
  | { kind: "run"; options: RunOptions }
  | { kind: "compare"; before: string; after: string; json: boolean }
  | { kind: "help" }
  | { kind: "invalid"; detail: string };

export const usage = `npm run load -- --scenario NAME|FILE [flags]
npm run load -- --compare DIR DIR [--json]

Starts a cluster of its own, sends queries, makes things go wrong, and says whether what the scenario holds to be
true was. Exit code 0 when it was, 1 when not, 2 for a wrong command.

  --scenario NAME|FILE   a name under load/scenarios, or a path to a scenario file
  --target URL           a running cluster to load instead; nothing is done to its processes
  --index NAME           the index to search there (demo)
  --duration SECONDS     how long each leg lasts; faults and stages are stretched along
  --rate N               queries a second, at random instants that no answer delays
  --connections N        callers who each wait for their answer before they ask again
  --queries FILE.tsv     queries to send in turn, instead of ones drawn from the demo corpus
  --variant NAME         only this variant of the scenario
  --seed N               a whole number; the same seed draws the same queries and victims (1)
  --report DIR           write report.json and report.html there
  --predict              have the simulator predict the run from the leaves' service times, and print both
  --profile              record what root and leaves do with their time: flame graphs in the report, .cpuprofile beside it
  --compare DIR DIR      two reports side by side, with confidence intervals
  --json                 print one JSON object instead of tables
`;

const flags = {
  scenario: { type: "string" },
  target: { type: "string" },
  index: { type: "string", default: "demo" },
  duration: { type: "string" },
  rate: { type: "string" },
  connections: { type: "string" },
  queries: { type: "string" },
  variant: { type: "string" },
  seed: { type: "string", default: "1" },
  report: { type: "string" },
  predict: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
  compare: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Reads the flags. What does not fit is named. */
export function readOptions(args: readonly string[]): OptionsResult {
  const slip = flagSlip(args, flags);
  if (slip !== undefined) return { kind: "invalid", detail: slip };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: flags, allowPositionals: true });
    if (values.help) return { kind: "help" };
    if (values.compare) {
      const [before, after, ...more] = positionals;
      if (before === undefined || after === undefined || more.length > 0)
        throw new Error("--compare takes two reports");
      return { kind: "compare", before, after, json: values.json };
    }
    if (positionals.length > 0) throw new Error(`"${positionals[0]}": there is nothing to say beside flags`);
    return { kind: "run", options: runOptions(values) };
  } catch (error) {
    return { kind: "invalid", detail: messageOf(error) };
  }
}

type Values = Record<
  "scenario" | "target" | "duration" | "rate" | "connections" | "queries" | "variant" | "report",
  string | undefined
> & {
  index: string;
  seed: string;
  predict: boolean;
  profile: boolean;
  json: boolean;
};

function runOptions(values: { [K in keyof Values]?: Values[K] }): RunOptions {
  const { scenario, target, queries, variant, report, index = "demo", seed = "1", profile = false } = values;
  if (scenario === undefined) throw new Error("--scenario NAME|FILE is needed");
  if (values.rate !== undefined && values.connections !== undefined) {
    throw new Error("--rate and --connections exclude each other: callers wait for their answers or do not");
  }
  if (profile && target !== undefined) {
    throw new Error(
      "--profile and --target exclude each other: only processes that the harness starts can be profiled",
    );
  }
  if (profile && report === undefined) {
    throw new Error("--profile needs --report DIR, where the flame graphs and the profiles are written");
  }
  const durationS = optionalNumber("duration", values.duration, { min: 1, max: 86_400, whole: false });
  return {
    scenario,
    target: target === undefined ? undefined : urlFrom(target),
    index,
    durationMs: durationS === undefined ? undefined : durationS * 1_000,
    arrivals: arrivalsFrom(values),
    queries,
    variant,
    seed: optionalNumber("seed", seed, { min: 0, max: 2 ** 31, whole: true }) ?? 1,
    report,
    predict: values.predict ?? false,
    profile,
    json: values.json ?? false,
  };
}

function arrivalsFrom({ rate, connections }: { rate?: string | undefined; connections?: string | undefined }) {
  const perSecond = optionalNumber("rate", rate, { min: 0.1, max: 1_000_000, whole: false });
  if (perSecond !== undefined) return { kind: "rate", perSecond } as const;
  const count = optionalNumber("connections", connections, { min: 1, max: 10_000, whole: true });
  return count === undefined ? undefined : ({ kind: "closed", connections: count } as const);
}

function urlFrom(text: string): string {
  const url = URL.parse(text);
  const isHttp = url !== null && (url.protocol === "http:" || url.protocol === "https:");
  if (!isHttp) throw new Error(`--target must be http://host:port, not "${text}"`);
  return url.href.replace(/\/$/, "");
}

function optionalNumber(
  name: string,
  text: string | undefined,
  range: { min: number; max: number; whole: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const fits = value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value));
  if (fits) return value;
  const kind = range.whole ? "a whole number" : "a number";
  throw new Error(`--${name} must be ${kind} from ${range.min} to ${range.max}, not "${text}"`);
}
