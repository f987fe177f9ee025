import { nearestName } from "../nearest.ts";

/** What `simulate` was asked to do. */
export type SimulateRequest = {
  /** Undefined with `ablate` alone: a sweep over scenarios that between them need every policy. */
  scenario: string | undefined;
  seed: number;
  json: boolean;
  ablate: boolean;
  report: string | undefined;
  profile: string | undefined;
  variant: string | undefined;
};

/** Arguments that do not fit; the message names the one. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usage = `simulate --scenario NAME|FILE [--seed N] [--variant NAME] [--profile FILE.json] [--ablate] [--json] [--report FILE.html]
simulate --ablate [--seed N] [--json] [--report FILE.html]

  --scenario  a name under load/scenarios, or a path to a scenario file
  --seed      a whole number; the same seed gives the same run (1)
  --variant   play only this variant of the file
  --profile   leaf service times to use instead of the scenario's, such as recorded ones
  --ablate    play with all policies, without each, and without any: each variant, or a sweep where no scenario is named
  --json      one object on standard output
  --report    write latency curves and a timeline as a page`;

const valued = ["scenario", "seed", "variant", "profile", "report"] as const;
const flags = ["json", "ablate"] as const;

/** Reads the command line of `simulate`. Throws a UsageError that names what it does not know. */
export function readArguments(args: readonly string[]): SimulateRequest {
  const values = new Map<string, string>();
  const set = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const [name = "", inline] = arg.startsWith("--") ? splitOnce(arg.slice(2)) : [undefined];
    if (flags.some((flag) => flag === name) && inline === undefined) set.add(name);
    else if (valued.some((flag) => flag === name)) {
      const value = inline ?? args[++i];
      if (value === undefined || value.startsWith("--")) throw new UsageError(`--${name} needs a value`);
      values.set(name, value);
    } else throw new UsageError(`unknown argument: ${arg}${suggestion(name)}`);
  }
  const scenario = values.get("scenario");
  if (scenario === undefined && !set.has("ablate")) throw new UsageError("--scenario is missing");
  if (scenario === undefined && values.has("variant")) throw new UsageError("--variant needs --scenario");
  const seed = Number(values.get("seed") ?? "1");
  if (!Number.isSafeInteger(seed) || seed < 0) throw new UsageError("--seed must be a whole number");
  return {
    scenario,
    seed,
    json: set.has("json"),
    ablate: set.has("ablate"),
    report: values.get("report"),
    profile: values.get("profile"),
    variant: values.get("variant"),
  };
}

function suggestion(name: string | undefined): string {
  const near = name === undefined ? undefined : nearestName(name, [...valued, ...flags]);
  return near === undefined ? "" : `; did you mean --${near}?`;
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
