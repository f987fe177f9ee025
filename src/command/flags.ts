import { unknownVariables, variableOf } from "../config.ts";
import { type KnownFlag, offName, partsOf, type Slip, shellName } from "../flags.ts";

type Kind = "text" | "number" | "list" | "switch" | "json" | "switchOrList";

/** One flag of a command. `--no-` before a switch turns it off. */
export type Flag<K extends Kind = Kind> = {
  kind: K;
  /** What it does, in what unit, as its help shows it. */
  reason: string;
  /** Stands for the value in the help. */
  placeholder?: string;
  min?: number;
  max?: number;
  isWhole?: boolean;
  oneOf?: readonly string[];
  /** A switch that the help shows the way it is of use: with `--no-`. */
  isOn?: boolean;
};

type ValueOf<K extends Kind> = K extends "number"
  ? number
  : K extends "list"
    ? string[]
    : K extends "switch"
      ? boolean
      : K extends "switchOrList"
        ? boolean | string[]
        : K extends "json"
          ? unknown
          : string;

export type FlagTable = Readonly<Record<string, Flag>>;
export type FlagValues<T extends FlagTable> = { [N in keyof T]?: ValueOf<T[N]["kind"]> };

export type Command<T extends FlagTable> = { usage: string; flags: T };

export type FlagsResult<T extends FlagTable> =
  | { kind: "ok"; values: FlagValues<T>; words: string[] }
  | { kind: "help"; text: string }
  | { kind: "misuse"; problem: string };

export const urlFlag = {
  url: { kind: "text", placeholder: "URL", reason: "the service to ask (http://127.0.0.1:8080)" },
} as const;
export const keyFileFlag = {
  keyFile: {
    kind: "text",
    placeholder: "FILE",
    reason: "holds the key's token, where keys are needed",
  },
} as const;
export const jsonFlag = { json: { kind: "switch", reason: "print JSON for programs" } } as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a command's flags and words; `budgetMs` in the table is `--budget-ms` in the shell, and `HEDGEROW_BUDGET_MS` in
 * `env`, where a flag wins and a variable that is set to nothing counts as not set. The first flag that is unknown,
 * twice there or has no fit value is the problem, named, with the nearest known flag; so is a variable of ours that has
 * no fit value or that no command knows. Variables of other commands may be set.
 */
export function readFlags<T extends FlagTable>(
  args: readonly string[],
  command: Command<T>,
  env?: Environment,
): FlagsResult<T> {
  const words: string[] = [];
  const values: Record<string, unknown> = {};
  for (const part of partsOf(args, Object.entries(command.flags).map(asKnown))) {
    if (part.kind === "help") return helpOf(command, env);
    if (part.kind === "slip") return misuse(slipProblem(part));
    if (part.kind === "word") words.push(part.text);
    else {
      const parsed = parseFlag(command.flags[part.name], part.value);
      if (parsed.kind === "misuse") return misuse(`${shellName(part.name)} ${parsed.problem}`);
      values[part.name] = parsed.value;
    }
  }
  const problem = env === undefined ? undefined : addVariables(command.flags, env, values);
  if (problem !== undefined) return misuse(problem);
  return isValuesOf(command.flags, values) ? { kind: "ok", values, words } : misuse("the flags do not fit");
}

function helpOf(command: Command<FlagTable>, env: Environment | undefined): { kind: "help"; text: string } {
  const [first = ""] = Object.keys(command.flags);
  const note = `\nEach is also a variable, such as ${variableOf(first)}; a flag wins.\n`;
  return { kind: "help", text: `${helpText(command)}${env === undefined ? "" : note}` };
}

/** A command's help: its usage and a line for each flag. */
export function helpText({ usage, flags }: Command<FlagTable>): string {
  const rows = Object.entries(flags).map(([name, flag]) => ({ shown: shownFlag(name, flag), reason: flag.reason }));
  const width = Math.max(...rows.map(({ shown }) => shown.length));
  const lines = rows.map(({ shown, reason }) => `  ${shown.padEnd(width)}  ${reason}\n`);
  return `${usage}\n\n${lines.join("")}`;
}

function asKnown([name, { kind }]: [string, Flag]): KnownFlag<string> {
  return { name, takes: kind === "switch" ? "nothing" : kind === "switchOrList" ? "either" : "value" };
}

/** What a command says of a flag that does not fit. */
export function slipProblem(slip: Slip): string {
  return slipProblems[slip.why](slip);
}

const slipProblems: Record<Slip["why"], (slip: Slip) => string> = {
  unknown: ({ flag, hint }) => `there is no flag ${flag}${hint}`,
  noSwitch: ({ flag }) => `there is no flag ${flag}`,
  valueGiven: ({ flag, value }) => `${flag} takes no value, not "${value}"`,
  valueMissing: ({ flag }) => `${flag} wants a value after it`,
  twice: ({ flag }) => `${flag} is given twice`,
};

/** Adds what variables say where no flag did; answers the first problem. */
function addVariables(flags: FlagTable, env: Environment, values: Record<string, unknown>): string | undefined {
  const [unknown] = unknownVariables(env);
  if (unknown !== undefined) return unknown;
  for (const [name, flag] of Object.entries(flags)) {
    const variable = variableOf(name);
    const text = env[variable];
    if (name in values || text === undefined || text === "") continue;
    const parsed = parseVariable(flag, text);
    if (parsed.kind === "misuse") return `${variable} ${parsed.problem}`;
    values[name] = parsed.value;
  }
  return undefined;
}

/** A switch has no value as a flag, and as a variable one of four. */
function parseVariable(flag: Flag, text: string): Parsed {
  if (flag.kind !== "switch" && flag.kind !== "switchOrList") return parseValue(flag, text);
  if (text === "true" || text === "1") return { kind: "value", value: true };
  if (text === "false" || text === "0") return { kind: "value", value: false };
  if (flag.kind === "switchOrList") return parseValue(flag, text);
  return misuse(`must be true or false, not "${text}"`);
}

type Parsed = { kind: "value"; value: unknown } | { kind: "misuse"; problem: string };

/** One without a value is on or off. */
function parseFlag(flag: Flag | undefined, value: string | boolean): Parsed {
  return flag === undefined || typeof value === "boolean" ? { kind: "value", value } : parseValue(flag, value);
}

function parseValue(flag: Flag, value: string): Parsed {
  if (flag.kind === "list" || flag.kind === "switchOrList") return { kind: "value", value: value.split(",") };
  if (flag.kind === "number") return parseNumber(flag, value);
  if (flag.kind === "json") return parseJson(value);
  if (flag.oneOf === undefined || flag.oneOf.includes(value)) return { kind: "value", value };
  return misuse(`must be one of ${flag.oneOf.join(", ")}, not "${value}"`);
}

function parseNumber({ min = 0, max = Number.MAX_SAFE_INTEGER, isWhole = false }: Flag, text: string): Parsed {
  const value = Number(text);
  const isFit = text.trim() !== "" && value >= min && value <= max && (!isWhole || Number.isInteger(value));
  if (isFit) return { kind: "value", value };
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return misuse(`must be a ${isWhole ? "whole " : ""}number ${range}, not "${text}"`);
}

function parseJson(text: string): Parsed {
  try {
    return { kind: "value", value: JSON.parse(text) };
  } catch {
    return misuse(`must be JSON, not "${text}"`);
  }
}

function misuse(problem: string): { kind: "misuse"; problem: string } {
  return { kind: "misuse", problem };
}

/** Each value was parsed after its own flag's kind, so that the names alone decide. */
function isValuesOf<T extends FlagTable>(flags: T, values: Record<string, unknown>): values is FlagValues<T> {
  return Object.keys(values).every((name) => name in flags);
}

function shownFlag(name: string, { kind, placeholder, isOn }: Flag): string {
  const shown = isOn === true ? offName(name) : shellName(name);
  if (kind === "switch") return shown;
  if (kind === "switchOrList") return `${shown}[=${placeholder ?? "A,B"}]`;
  return `${shown} ${placeholder ?? (kind === "number" ? "N" : kind === "list" ? "A,B" : kind.toUpperCase())}`;
}
