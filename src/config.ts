import { clientFlagNames } from "./config/client-flags.ts";
import { conditions } from "./config/conditions.ts";
import { securitySettings } from "./config/security-settings.ts";
import { type Role, services, setting } from "./config/setting.ts";
import { parseValue, textOf, type ValueOf } from "./config/values.ts";
import { type KnownFlag, offName, partsOf, type Slip, shellName } from "./flags.ts";
import { didYouMean } from "./nearest.ts";
import { planTermsMax, planTopMax } from "./protocol/plan.ts";
import { budgetMsLimit } from "./protocol/search-request.ts";

export type { Role } from "./config/setting.ts";

const mebibyte = 1024 * 1024;

/** Every setting once. `--budget-ms` and `HEDGEROW_BUDGET_MS` are both `budgetMs`. */
export const settingsTable = {
  port: setting("integer", {
    roles: services,
    default: 8080,
    min: 0,
    max: 65535,
    reason: "TCP port; 0 takes a free one",
  }),
  host: setting("text", { roles: services, default: "127.0.0.1", reason: "address to listen on" }),
  data: setting("text", { roles: services, default: ".hedgerow", reason: "directory of everything that is kept" }),
  name: setting("text", {
    roles: ["root", "leaf"],
    default: "",
    reason: "name in answers and metrics; default: the role",
  }),
  zone: setting("text", { roles: ["root", "leaf"], default: "", reason: "replicas of a shard go to different zones" }),
  leaves: setting("integer", { roles: ["up"], default: 4, min: 1, max: 64, reason: "leaf processes to start" }),
  leafUrls: setting("leaves", {
    roles: ["root"],
    default: [],
    reason: "the leaves, comma-separated, each name@zone=url, name=url or url",
  }),
  leafGraceMs: setting("integer", {
    roles: ["root"],
    default: 30_000,
    min: 1_000,
    max: 86_400_000,
    reason: "milliseconds that a leaf that joined may be silent before its replicas are placed elsewhere",
  }),
  join: setting("urls", {
    roles: ["leaf"],
    default: [],
    reason: "roots to announce this leaf to, comma-separated URLs; one of them is enough where they share a log",
  }),
  advertise: setting("url", {
    roles: ["leaf"],
    default: "",
    reason: "URL at which roots reach this leaf, with --join; default: where it listens",
  }),
  drainMs: setting("integer", {
    roles: ["leaf"],
    default: 8_000,
    min: 0,
    max: 3_600_000,
    reason: "milliseconds that a leaf that joined waits, when told to end, for its replicas to be taken over",
  }),
  shards: setting("integer", {
    roles: ["up", "root"],
    default: 4,
    min: 1,
    max: 256,
    reason: "shards of a new index that does not say",
  }),
  replicas: setting("integer", {
    roles: ["up", "root"],
    default: 2,
    min: 1,
    max: 16,
    reason: "replicas of a new index that does not say",
  }),
  zones: setting("integer", { roles: ["up"], default: 2, min: 1, max: 26, reason: "zones to spread the leaves over" }),
  demo: setting("boolean", { roles: ["up"], default: true, reason: "load the demo corpus if it is not there" }),
  budgetMs: setting("integer", {
    roles: ["up", "root"],
    default: 250,
    min: 1,
    max: budgetMsLimit,
    reason: "milliseconds a search may take that does not say",
  }),
  bodyBytesMax: setting("integer", {
    roles: ["up", "root"],
    default: 32 * mebibyte,
    min: 1024,
    max: 1024 * mebibyte,
    reason: "largest request body in bytes",
  }),
  windowMax: setting("integer", {
    roles: ["up", "root"],
    default: 10_000,
    min: 1,
    max: planTopMax,
    reason: "largest from + size; deeper pages take a cursor",
  }),
  termsMax: setting("integer", {
    roles: ["up", "root"],
    default: 1024,
    min: 1,
    max: planTermsMax,
    reason: "most terms in one query, those that a prefix begins among them; of written ones 1,024 at most",
  }),
  cacheBytesMax: setting("integer", {
    roles: ["up", "root"],
    default: 64 * mebibyte,
    min: 0,
    max: 65_536 * mebibyte,
    reason: "bytes of answers that a root keeps to give again; 0 keeps none",
  }),
  indexingThreads: setting("integer", {
    roles: ["up", "leaf"],
    default: 1,
    min: 1,
    max: 64,
    reason: "worker threads that index",
  }),
  queueMax: setting("integer", {
    roles: ["up", "leaf"],
    default: 256,
    min: 1,
    max: 100_000,
    reason: "searches that may wait in a leaf; more are refused",
  }),
  log: setting("log", {
    roles: ["up", "root"],
    default: "embedded",
    reason: "the change log: embedded, or nats://host:port[,nats://…] for JetStream, which several roots share",
  }),
  logReplicas: setting("integer", {
    roles: ["up", "root"],
    default: 1,
    min: 1,
    max: 5,
    reason: "NATS servers that keep a copy of each change",
  }),
  logMonitor: setting("text", {
    roles: ["up", "root"],
    default: "",
    reason: "monitoring address of a single NATS server, asked whether it syncs: http://host:8222",
  }),
  acceptUnsyncedLog: setting("boolean", {
    roles: ["up", "root"],
    default: false,
    reason: "take NATS servers that may lose writes: any before 2.10.23, or a single one that syncs late",
  }),
  ...securitySettings,
  deletesKept: setting("integer", {
    roles: ["up", "root"],
    default: 100_000,
    min: 1,
    max: 1_000_000_000,
    reason: "deletes of each shard that the embedded log keeps (one on NATS: all); a leaf that missed more begins anew",
  }),
  slowMs: setting("integer", {
    roles: ["up", "root"],
    default: 200,
    min: 0,
    max: 60_000,
    reason: "milliseconds from which a search is slow: logged, and its trace kept",
  }),
  traceEvery: setting("integer", { roles: ["up", "root"], default: 0, reason: "keep one trace in so many; 0: none" }),
  logQueries: setting("boolean", { roles: ["up", "root"], default: false, reason: "log and trace the searched words" }),
  logLevel: setting("level", {
    roles: services,
    default: "warn",
    reason: "least important line that is logged",
  }),
} as const;

type Table = typeof settingsTable;
type Name = keyof Table;

/** Every setting, read and checked; those of other roles have their defaults. Frozen. */
export type Config = Readonly<{ [N in Name]: ValueOf<Table[N]["kind"]> }>;

export type ConfigResult =
  | { kind: "ok"; config: Config }
  | { kind: "help"; text: string }
  | { kind: "invalid"; problems: string[] };

const names = Object.keys(settingsTable).filter((name): name is Name => name in settingsTable);

/**
 * Reads a role's settings from flags and variables; a flag wins, a default fills in. Collects every problem, each
 * naming the flag or variable, rather than stopping at the first; anything unknown is one, and so is what does nothing
 * beside the others. A variable that is set to
 * nothing counts as not set, as Compose files pass on what their caller left out.
 */
export function readConfig(
  role: Role,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ConfigResult {
  const own = namesOf(role);
  const { flags, problems, asksHelp } = readFlags(args, own);
  if (asksHelp) return { kind: "help", text: helpText(role) };
  const values: Partial<Record<Name, unknown>> = {};
  for (const name of names) {
    const flag = own.includes(name) ? flags.get(name) : undefined;
    const variable = own.includes(name) ? env[variableOf(name)] : undefined;
    const text = flag ?? (variable === "" ? undefined : variable);
    if (text === undefined) {
      values[name] = settingsTable[name].default;
      continue;
    }
    const parsed = parseValue(settingsTable[name], text);
    if (parsed.kind === "value") values[name] = parsed.value;
    else problems.push(`${flag === undefined ? variableOf(name) : shellName(name)}: ${parsed.detail}`);
  }
  problems.push(...unknownVariables(env));
  if (problems.length > 0 || !isConfig(values)) return { kind: "invalid", problems };
  const idle = idleProblems(values, flags);
  return idle.length > 0 ? { kind: "invalid", problems: idle } : { kind: "ok", config: Object.freeze(values) };
}

/** A line for each setting that does nothing beside the others; as its default it claims nothing. */
function idleProblems(config: Config, flags: Flags): string[] {
  return conditions
    .filter(({ name, isShared = false }) => flags.has(name) || !isShared)
    .filter(({ name, holds }) => config[name] !== settingsTable[name].default && !holds(config))
    .map(({ name, otherwise }) => `${flags.has(name) ? shellName(name) : variableOf(name)}: ${otherwise}`);
}

/** A line for each variable with our prefix that no command knows, a slip of whoever set it. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...new Set([...names, ...clientFlagNames])].map(variableOf);
  return Object.keys(env)
    .filter((variable) => variable.startsWith("HEDGEROW_") && !known.includes(variable))
    .map((variable) => `${variable}: there is no such setting${didYouMean(variable, known)}`);
}

/** Where a role's words go, and its variables. */
type ConfigIo = {
  stdout(text: string): void;
  stderr(text: string): void;
  env: Readonly<Record<string, string | undefined>>;
};

/** `readConfig` for a program: where there is help to give or something to refuse it says so and gives the exit code. */
export function configOrExitCode(role: Role, args: readonly string[], io: ConfigIo): Config | number {
  const read = readConfig(role, args, io.env);
  if (read.kind === "ok") return read.config;
  if (read.kind === "help") io.stdout(read.text);
  else io.stderr(`${read.problems.join("\n")}\n`);
  return read.kind === "help" ? 0 : 2;
}

/** All settings of a role, a line each. */
export function helpText(role: Role): string {
  const own = namesOf(role);
  const lines = own.map((name) => {
    const { kind, reason, default: value } = settingsTable[name];
    const flag = kind === "boolean" ? `--[no-]${shellName(name).slice(2)}` : `${shellName(name)} ${kind}`;
    const shown = Array.isArray(value) || value === "" ? "" : ` (${value})`;
    return `  ${flag.padEnd(28)} ${reason}${shown}`;
  });
  return `hedgerow ${role}\n\n${lines.join("\n")}\n\nEach is also a variable, such as ${variableOf(own[0] ?? "port")}; a flag wins.\n`;
}

/**
 * The flags that give a role its part of `config`, each setting that is not at its default: `readConfig` makes the same
 * of them, where no variables are set.
 */
export function flagsFor(role: Role, config: Config): string[] {
  return namesOf(role)
    .filter((name) => config[name] !== settingsTable[name].default)
    .map((name) => {
      const value = config[name];
      if (typeof value === "boolean") return value ? shellName(name) : offName(name);
      return `${shellName(name)}=${textOf(value)}`;
    });
}

function namesOf(role: Role): Name[] {
  return names.filter((name) => settingsTable[name].roles.some((other) => other === role));
}

function isConfig(values: Partial<Record<Name, unknown>>): values is Config {
  return names.every((name) => values[name] !== undefined);
}

type Flags = Map<Name, string>;

function readFlags(
  args: readonly string[],
  own: readonly Name[],
): { flags: Flags; problems: string[]; asksHelp: boolean } {
  const flags: Flags = new Map();
  const problems: string[] = [];
  const parts = partsOf(args, own.map(asFlag));
  for (const part of parts) {
    if (part.kind === "flag") flags.set(part.name, String(part.value));
    else if (part.kind === "word") problems.push(`"${part.text}": there is nothing to say beside flags`);
    else if (part.kind === "slip") problems.push(slipProblem(part));
  }
  return { flags, problems, asksHelp: parts.some(({ kind }) => kind === "help") };
}

/** A switch may have its value after an equals sign. */
function asFlag(name: Name): KnownFlag<Name> {
  return { name, takes: settingsTable[name].kind === "boolean" ? "either" : "value" };
}

const slipProblems: Record<Slip["why"], string> = {
  unknown: "there is no such flag",
  noSwitch: "only switches can be turned off",
  valueGiven: "takes no value",
  valueMissing: "a value must follow",
  twice: "is there twice",
};

function slipProblem({ flag, why, hint }: Slip): string {
  const elsewhere = why === "unknown" ? names.find((name) => shellName(name) === flag) : undefined;
  if (elsewhere === undefined) return `${flag}: ${slipProblems[why]}${hint}`;
  return `${flag}: ${slipProblems[why]}; it belongs to hedgerow ${settingsTable[elsewhere].roles.join(" and hedgerow ")}`;
}

/** The variable of a setting or a flag: `HEDGEROW_BUDGET_MS` for `budgetMs`. */
export function variableOf(name: string): string {
  return `HEDGEROW_${shellName(name).slice(2).replaceAll("-", "_").toUpperCase()}`;
}
