import { messageOf } from "../errors.ts";
import { isRecord } from "../protocol/record.ts";
import { budgetMsLimit } from "../protocol/search-request.ts";
import { hasHash, tokenId } from "./token.ts";

/**
 * What a key may do. `search`: search and read documents and settings. `write`: write documents. `admin`: create, drop
 * and alias indexes, back up and restore. `metrics`: see `/metrics` and the cluster. `join`: bring leaves in and
 * take them off. None includes another.
 */
export const scopes = ["search", "write", "admin", "metrics", "join"] as const;
export type Scope = (typeof scopes)[number];

/** A key as its file holds it. */
export type Key = {
  id: string;
  /** For people, in the audit log. */
  name: string;
  sha256: string;
  scopes: readonly Scope[];
  /** Names of indexes and aliases; one that ends in `*` stands for all that begin like it. */
  indexes: readonly string[];
  /** Requests a second in the long run; without it there is no limit. */
  requestsPerS?: number;
  /** Requests at once after a pause; by default as many as in one second. */
  burst?: number;
  /** Milliseconds that a search has which does not say. */
  budgetMs?: number;
  /** Milliseconds that a search has at most, whatever it says. */
  budgetMsMax?: number;
};

export type KeysReading = { kind: "keys"; keys: Key[] } | { kind: "invalid"; detail: string };

const keysMax = 10_000;
/** The most letters of a key's name. */
export const nameLengthMax = 200;
/** The most requests, a second or at once, that a key may be limited to. */
export const requestsMax = 1_000_000;
const hashBytes = 32;

type Check = { fits: (value: unknown) => boolean; wants: string };

const isText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.length <= nameLengthMax;
const isList = (value: unknown, fits: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.length <= 1000 && value.every(fits);
const amount = (max: number): Check => ({
  fits: (value) => value === undefined || (typeof value === "number" && value > 0 && value <= max),
  wants: `a number above 0, up to ${max}`,
});

const checks: Readonly<Record<keyof Key, Check>> = {
  id: { fits: (value) => isText(value) && isHex(value, 12), wants: "12 hexadecimal digits" },
  name: { fits: isText, wants: "a text" },
  sha256: { fits: (value) => isText(value) && isHex(value, 2 * hashBytes), wants: "64 hexadecimal digits" },
  scopes: {
    fits: (value) => isList(value, (one) => scopes.some((scope) => scope === one)),
    wants: `a list of ${scopes.join(", ")}`,
  },
  indexes: {
    fits: (value) => isList(value, (one) => isText(one) && isPattern(one)),
    wants: "a list of names, each perhaps with one * at its end",
  },
  requestsPerS: amount(requestsMax),
  burst: amount(requestsMax),
  budgetMs: amount(budgetMsLimit),
  budgetMsMax: amount(budgetMsLimit),
};

/** Reads the text of a key file. Anything that is not known or does not fit makes all of it invalid, and is named. */
export function readKeys(text: string): KeysReading {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    return { kind: "invalid", detail: `it is not JSON: ${messageOf(error)}` };
  }
  if (!isRecord(file) || !Array.isArray(file.keys) || Object.keys(file).length !== 1) {
    return { kind: "invalid", detail: 'it must be {"keys": […]}' };
  }
  if (file.keys.length > keysMax) return { kind: "invalid", detail: `it has more than ${keysMax} keys` };
  const keys: Key[] = [];
  const seen = new Set<string>();
  for (const [position, entry] of file.keys.entries()) {
    const problem = misfit(entry);
    if (problem !== undefined || !isKey(entry)) return { kind: "invalid", detail: `keys/${position} ${problem}` };
    if (seen.has(entry.id)) return { kind: "invalid", detail: `keys/${position} has the id of another key` };
    seen.add(entry.id);
    keys.push(entry);
  }
  return { kind: "keys", keys };
}

/** The text of a key file. */
export function writeKeys(keys: readonly Key[]): string {
  return `${JSON.stringify({ keys }, null, 2)}\n`;
}

function misfit(entry: unknown): string | undefined {
  if (!isRecord(entry)) return "is no object";
  const unknown = Object.keys(entry).find((name) => !Object.hasOwn(checks, name));
  if (unknown !== undefined) return `has "${unknown}", which is not known`;
  for (const [name, { fits, wants }] of Object.entries(checks)) {
    if (!fits(entry[name])) return `"${name}" must be ${wants}`;
  }
  return undefined;
}

function isKey(entry: unknown): entry is Key {
  return misfit(entry) === undefined;
}

function isHex(text: string, digits: number): boolean {
  return text.length === digits && Buffer.from(text, "hex").length === digits / 2 && text === text.toLowerCase();
}

function isPattern(text: string): boolean {
  const star = text.indexOf("*");
  return star === -1 || star === text.length - 1;
}

/** The keys that stand, to be found by what a caller sends. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, { key: Key; sha256: Buffer }>;

  constructor(keys: readonly Key[]) {
    this.#keys = new Map(keys.map((key) => [key.id, { key, sha256: Buffer.from(key.sha256, "hex") }]));
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The key that a token belongs to. What it takes depends on the id, which is no secret, and on nothing else. */
  find(token: string): Key | undefined {
    const id = tokenId(token);
    const known = id === undefined ? undefined : this.#keys.get(id);
    // An unknown id is hashed and compared as well: how long it takes does not tell which ids there are.
    const matches = hasHash(token, known?.sha256 ?? nobody);
    return matches ? known?.key : undefined;
  }
}

const nobody = Buffer.alloc(hashBytes);

/** Whether a key is for this index, by the name that its holder uses for it. */
export function coversIndex({ indexes }: Pick<Key, "indexes">, name: string): boolean {
  return indexes.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}

/** Whether a key is for every index that there is or will be. */
export function coversAll({ indexes }: Pick<Key, "indexes">): boolean {
  return indexes.includes("*");
}
