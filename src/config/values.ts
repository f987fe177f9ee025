import { parseLogAddress } from "../changes/log-address.ts";
import { isServerAddress } from "../protocol/server-address.ts";
import { type LogLevel, logLevels } from "../telemetry/log.ts";

/** A leaf as a root is told of it. */
export type LeafAddress = { name: string; zone?: string; url: string };

/** What settings hold, by the kind of their text. */
type Values = {
  integer: number;
  text: string;
  boolean: boolean;
  leaves: LeafAddress[];
  level: LogLevel;
  log: string;
  url: string;
  urls: string[];
};
export type Kind = keyof Values;
export type ValueOf<K extends Kind> = Values[K];

type Parsed = { kind: "value"; value: unknown } | { kind: "invalid"; detail: string };

type Range = { min?: number; max?: number; leastAboveZero?: number };

/** Reads the text of a setting; where it does not fit, `detail` says what would, and what there was instead. */
export function parseValue(setting: Range & { kind: Kind }, text: string): Parsed {
  switch (setting.kind) {
    case "integer":
      return parseInteger(setting, text);
    case "boolean":
      if (["true", "1", "false", "0"].includes(text)) return { kind: "value", value: text === "true" || text === "1" };
      return { kind: "invalid", detail: `must be true or false, not "${text}"` };
    case "text":
      return text === "" ? { kind: "invalid", detail: "must not be empty" } : { kind: "value", value: text };
    case "level": {
      const value = logLevels.find((level) => level === text);
      return value === undefined
        ? { kind: "invalid", detail: `must be one of ${logLevels.join(", ")}, not "${text}"` }
        : { kind: "value", value };
    }
    case "log":
      // The address may hold a password, which belongs into no terminal's history.
      return parseLogAddress(text) === undefined
        ? {
            kind: "invalid",
            detail: "must be embedded or a list of nats://[user@]host:port, a password in --log-password-file",
          }
        : { kind: "value", value: text };
    case "url":
      return isServerAddress(text)
        ? { kind: "value", value: originOf(text) }
        : { kind: "invalid", detail: `must be http://host:port, not "${text}"` };
    case "urls": {
      const urls = text.split(",").map((part) => part.trim());
      const wrong = urls.find((url) => !isServerAddress(url));
      if (wrong === undefined) return { kind: "value", value: urls.map(originOf) };
      return { kind: "invalid", detail: `must be a list of http://host:port; "${wrong}" is not one` };
    }
    case "leaves":
      return parseLeaves(text);
  }
}

/** The text that a value was read from, or another that says the same. */
export function textOf(value: Values[Kind]): string {
  if (!Array.isArray(value)) return String(value);
  return value.map((entry) => (typeof entry === "string" ? entry : leafText(entry))).join(",");
}

function leafText({ name, zone, url }: LeafAddress): string {
  return `${zone === undefined ? name : `${name}@${zone}`}=${url}`;
}

function parseInteger({ min = 0, max = Number.MAX_SAFE_INTEGER, leastAboveZero }: Range, text: string): Parsed {
  const value = Number(text);
  const least = value === 0 ? min : (leastAboveZero ?? min);
  if (isDecimal(text) && value >= least && value <= max) return { kind: "value", value };
  const range = leastAboveZero === undefined ? `from ${min}` : `that is 0, or from ${leastAboveZero}`;
  return { kind: "invalid", detail: `must be a whole number ${range} to ${max}, not "${text}"` };
}

/** Whether a log's address says who is to be let in. */
export function namesLogUser(log: string): boolean {
  const address = parseLogAddress(log);
  return address?.kind === "jetstream" && address.user !== undefined;
}

/** Whole numbers as people write them: no `0x10`, no `1e3`, no spaces. */
function isDecimal(text: string): boolean {
  return Number.isSafeInteger(Number(text)) && String(Number(text)) === text;
}

function parseLeaves(text: string): Parsed {
  const leaves: LeafAddress[] = [];
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const leaf = parseLeaf(entry);
    if (leaf === undefined) {
      return { kind: "invalid", detail: `must be a list of name@zone=http://host:port; "${entry}" is not one` };
    }
    leaves.push(leaf);
  }
  const twice = leaves.find(({ name }, i) => leaves.findIndex((other) => other.name === name) < i);
  if (twice !== undefined)
    return { kind: "invalid", detail: `must name each leaf once; "${twice.name}" is there twice` };
  return { kind: "value", value: leaves };
}

function parseLeaf(entry: string): LeafAddress | undefined {
  const equals = entry.search(/=(?=https?:)/);
  const url = entry.slice(equals + 1);
  if (!isServerAddress(url)) return undefined;
  if (equals === -1) return { name: new URL(url).host, url };
  const [name = "", zone, ...more] = entry.slice(0, equals).split("@");
  if (name === "" || zone === "" || more.length > 0) return undefined;
  return { name, ...(zone === undefined ? {} : { zone }), url };
}

function originOf(text: string): string {
  return new URL(text).origin;
}
