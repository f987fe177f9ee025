import { type KnownFlag, partsOf, type Slip } from "../flags.ts";
import { scenarioNames } from "./scenario-store.ts";

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
const switches = ["json", "ablate"] as const;
type Name = (typeof valued)[number] | (typeof switches)[number];
const flags: readonly KnownFlag<Name>[] = [
  ...valued.map((name) => ({ name, takes: "value" }) as const),
  ...switches.map((name) => ({ name, takes: "nothing" }) as const),
];

/** Reads the command line of `simulate`. Throws a UsageError that names what it does not know. */
export function readArguments(args: readonly string[]): SimulateRequest | "help" {
  const values = new Map<Name, string | boolean>();
  const parts = partsOf(args, flags);
  if (parts.some(({ kind }) => kind === "help")) return "help";
  for (const part of parts) {
    if (part.kind === "word") throw new UsageError(`unknown argument: ${part.text}`);
    if (part.kind === "slip") throw new UsageError(slipProblems[part.why](part));
    if (part.kind === "flag") values.set(part.name, part.value);
  }
  const textOf = (name: Name): string | undefined => (values.has(name) ? String(values.get(name)) : undefined);
  const [scenario, variant] = [textOf("scenario"), textOf("variant")];
  const ablate = values.get("ablate") === true;
  if (scenario === undefined && !ablate) {
    throw new UsageError(`--scenario is missing; there are ${scenarioNames().join(", ")}`);
  }
  if (scenario === undefined && variant !== undefined) throw new UsageError("--variant needs --scenario");
  const seed = seedFrom(textOf("seed") ?? "1");
  const json = values.get("json") === true;
  return { scenario, seed, json, ablate, report: textOf("report"), profile: textOf("profile"), variant };
}

/** As people write it, so that no slip of theirs, such as nothing at all, counts as some other seed. */
function seedFrom(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0 && String(seed) === text) return seed;
  throw new UsageError(`--seed must be a whole number, not "${text}"`);
}

const slipProblems: Record<Slip["why"], (slip: Slip) => string> = {
  unknown: ({ flag, hint }) => `unknown argument: ${flag}${hint}`,
  noSwitch: ({ flag }) => `unknown argument: ${flag}`,
  valueGiven: ({ flag }) => `${flag} takes no value`,
  valueMissing: ({ flag }) => `${flag} needs a value`,
  twice: ({ flag }) => `${flag} is given twice`,
};
