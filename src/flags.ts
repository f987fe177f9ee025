import { didYouMean } from "./nearest.ts";

/** A flag, `budgetMs` for `--budget-ms`. What takes a value or nothing has the value after an equals sign. */
export type KnownFlag<N extends string> = { name: N; takes: "value" | "nothing" | "either" };

/** A part of a command line. A flag without a value is on, or off where `--no-` is before it. */
export type Part<N extends string> =
  | { kind: "word"; text: string }
  | { kind: "help" }
  | { kind: "flag"; name: N; value: string | boolean }
  | Slip;

/** A flag that does not fit, as it is written. Those who asked say so in their own words. */
export type Slip = {
  kind: "slip";
  flag: string;
  why: "unknown" | "noSwitch" | "valueMissing" | "valueGiven" | "twice";
  value?: string;
  /** What an unknown one may have been meant as: `; did you mean --size?`, or nothing. */
  hint: string;
};

/**
 * Takes a command line apart, in its order. A value stands after an equals sign or in the next argument, where it cannot
 * begin with two dashes: that would be the next flag, and the value forgotten. After `--` there are words alone.
 */
export function partsOf<N extends string>(args: readonly string[], known: readonly KnownFlag<N>[]): Part<N>[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const line = args.slice(0, end);
  const parts: Part<N>[] = [];
  const given = new Set<N>();
  for (let at = 0; at < line.length; at++) {
    const [arg = "", next = "--"] = [line[at], line[at + 1]];
    const [written, inline] = splitOnce(arg);
    const takesNext = inline === undefined && !next.startsWith("--") && takesValue(written, known);
    if (takesNext) at++;
    const isWord = !arg.startsWith("-") || arg === "-";
    const part = isWord ? wordOf(arg) : flagOf({ written, value: takesNext ? next : inline }, known);
    const isTwice = part.kind === "flag" && given.has(part.name);
    parts.push(isTwice ? slip("twice", { written: shellName(part.name) }) : part);
    if (part.kind === "flag") given.add(part.name);
  }
  return [...parts, ...args.slice(end + 1).map(wordOf)];
}

function takesValue(written: string, known: readonly KnownFlag<string>[]): boolean {
  return known.some(({ name, takes }) => takes === "value" && shellName(name) === written);
}

function wordOf(text: string): { kind: "word"; text: string } {
  return { kind: "word", text };
}

type Written = { written: string; value: string | undefined };

function flagOf<N extends string>({ written, value }: Written, known: readonly KnownFlag<N>[]): Part<N> {
  if (written === "--help" || written === "-h") return { kind: "help" };
  const flag = known.find(({ name }) => shellNames(name).includes(written));
  if (flag === undefined) return slip("unknown", { written, hint: didYouMean(written, known.flatMap(usefulNames)) });
  const { name, takes } = flag;
  const isOn = shellName(name) === written;
  if (!isOn && takes === "value") return slip("noSwitch", { written });
  if (takes === "value" && value === undefined) return slip("valueMissing", { written });
  if ((!isOn || takes === "nothing") && value !== undefined) return slip("valueGiven", { written, value });
  return { kind: "flag", name, value: value ?? isOn };
}

function slip(
  why: Slip["why"],
  { written, hint = "", ...rest }: { written: string; value?: string; hint?: string },
): Slip {
  return { kind: "slip", flag: written, why, hint, ...rest };
}

/** Of a switch also the one that turns it off, which says the opposite. */
function usefulNames({ name, takes }: KnownFlag<string>): string[] {
  return takes === "value" ? [shellName(name)] : shellNames(name);
}

function shellNames(name: string): string[] {
  return [shellName(name), offName(name)];
}

/** A flag as it is written in the shell: `--budget-ms` for `budgetMs`. */
export function shellName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A switch as it is turned off: `--no-log-queries` for `logQueries`. */
export function offName(name: string): string {
  return `--no-${shellName(name).slice(2)}`;
}

function splitOnce(arg: string): [string, string | undefined] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}
