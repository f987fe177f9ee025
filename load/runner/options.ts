import { type FlagValues, helpText, readFlags } from "../../src/command/flags.ts";
import { messageOf } from "../../src/errors.ts";
import { liveScenarioNames } from "../scenario/live-scenario.ts";

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

const command = {
  usage: `npm run load -- --scenario NAME|FILE [flags]
npm run load -- --compare DIR DIR [--json]

Starts a cluster of its own, sends queries, makes things go wrong, and says whether what the scenario holds to be
true was. Exit code 0 when it was, 1 when not, 2 for a wrong command.`,
  flags: {
    scenario: {
      kind: "text",
      placeholder: "NAME|FILE",
      reason: "a name under load/scenarios, or a path to a scenario file",
    },
    target: {
      kind: "text",
      placeholder: "URL",
      reason: "a running cluster to load instead; nothing is done to its processes",
    },
    index: { kind: "text", placeholder: "NAME", reason: "the index to search there (demo)" },
    duration: {
      kind: "number",
      ...{ min: 1, max: 86_400, placeholder: "SECONDS" },
      reason: "how long each leg lasts; faults and stages are stretched along",
    },
    rate: {
      kind: "number",
      ...{ min: 0.1, max: 1_000_000 },
      reason: "queries a second, at random instants that no answer delays",
    },
    connections: {
      kind: "number",
      ...{ min: 1, max: 10_000, isWhole: true },
      reason: "callers who each wait for their answer before they ask again",
    },
    queries: {
      kind: "text",
      placeholder: "FILE.tsv",
      reason: "queries to send in turn, instead of ones drawn from the demo corpus",
    },
    variant: { kind: "text", placeholder: "NAME", reason: "only this variant of the scenario" },
    seed: {
      kind: "number",
      ...{ max: 2 ** 31, isWhole: true },
      reason: "a whole number; the same seed draws the same queries and victims (1)",
    },
    report: { kind: "text", placeholder: "DIR", reason: "write report.json and report.html there" },
    predict: {
      kind: "switch",
      reason: "have the simulator predict the run from the leaves' service times, and print both",
    },
    profile: {
      kind: "switch",
      reason: "record what root and leaves do with their time: flame graphs in the report, .cpuprofile beside it",
    },
    compare: { kind: "switch", reason: "two reports, DIR DIR, side by side, with confidence intervals" },
    json: { kind: "switch", reason: "print one JSON object instead of tables" },
  },
} as const;

export const usage = helpText(command);

/** Reads the flags. What does not fit is named. */
export function readOptions(args: readonly string[]): OptionsResult {
  const read = readFlags(args, command);
  if (read.kind === "help") return { kind: "help" };
  if (read.kind === "misuse") return { kind: "invalid", detail: read.problem };
  const { values, words } = read;
  try {
    if (values.compare === true) {
      const [before, after, ...more] = words;
      if (before === undefined || after === undefined || more.length > 0)
        throw new Error("--compare takes two reports");
      return { kind: "compare", before, after, json: values.json ?? false };
    }
    if (words.length > 0) throw new Error(`"${words[0]}": there is nothing to say beside flags`);
    return { kind: "run", options: runOptions(values) };
  } catch (error) {
    return { kind: "invalid", detail: messageOf(error) };
  }
}

type Values = FlagValues<typeof command.flags>;

function runOptions(values: Values): RunOptions {
  const { scenario, target, queries, variant, report, index = "demo", profile = false } = values;
  if (scenario === undefined) {
    throw new Error(`--scenario NAME|FILE is needed; there are ${liveScenarioNames().join(", ")}`);
  }
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
  return {
    scenario,
    target: target === undefined ? undefined : urlFrom(target),
    index,
    durationMs: values.duration === undefined ? undefined : values.duration * 1_000,
    arrivals: arrivalsFrom(values),
    queries,
    variant,
    seed: values.seed ?? 1,
    report,
    predict: values.predict ?? false,
    profile,
    json: values.json ?? false,
  };
}

function arrivalsFrom({ rate, connections }: Values): RunOptions["arrivals"] {
  if (rate !== undefined) return { kind: "rate", perSecond: rate };
  return connections === undefined ? undefined : { kind: "closed", connections };
}

function urlFrom(text: string): string {
  const url = URL.parse(text);
  const isHttp = url !== null && (url.protocol === "http:" || url.protocol === "https:");
  if (!isHttp) throw new Error(`--target must be http://host:port, not "${text}"`);
  return url.href.replace(/\/$/, "");
}
