import { readFile, rename, writeFile } from "node:fs/promises";
import { coversAll, type Key, readKeys, type Scope, scopes, writeKeys } from "../security/keys.ts";
import { newToken } from "../security/token.ts";
import { exitCodes } from "./client-command.ts";
import { type Command, type FlagValues, readFlags } from "./flags.ts";
import type { CommandIo } from "./io.ts";
import { renderTable } from "./table.ts";

const usage = `hedgerow key NAME --keys FILE: make a key, add it to a file, and print its token once

Only the token's hash is kept: what is printed cannot be had again. A running root takes the file's changes by itself.
hedgerow key --keys FILE lists the keys; hedgerow key NAME --keys FILE --remove takes one away.`;

const flags = {
  keys: { kind: "text", placeholder: "FILE", reason: "the file of keys that the root was given (HEDGEROW_KEYS)" },
  scopes: { kind: "list", placeholder: "A,B", reason: `what it may do: ${scopes.join(", ")} (search)` },
  indexes: { kind: "list", placeholder: "A,B*", reason: "the indexes and aliases that it is for (all: *)" },
  requestsPerS: { kind: "number", min: 0.001, max: 1_000_000, reason: "requests a second; more are refused" },
  burst: { kind: "number", min: 1, max: 1_000_000, reason: "requests at once after a pause" },
  budgetMs: { kind: "number", min: 1, max: 60_000, reason: "milliseconds of a search that does not say" },
  budgetMsMax: { kind: "number", min: 1, max: 60_000, reason: "milliseconds that a search has at most" },
  remove: { kind: "switch", reason: "take the key away" },
} as const;

const command: Command<typeof flags> = { usage, flags };

type Misuse = { problem: string };

/** `hedgerow key`. Resolves to the exit code: 0 done, 1 the file cannot be used, 2 misused. */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const read = readFlags(args, command);
  if (read.kind === "help") {
    io.stdout(read.text);
    return exitCodes.done;
  }
  if (read.kind === "misuse") return misused(io, read);
  const { values, words } = read;
  const path = values.keys ?? io.env.HEDGEROW_KEYS ?? "";
  if (path === "") return misused(io, { problem: "--keys must name the file of keys" });
  if (words.length > 1) return misused(io, { problem: `one key at a time; "${words[1]}" is another` });
  try {
    return await act({ path, name: words[0], values }, io);
  } catch (error) {
    io.stderr(`hedgerow: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.failed;
  }
}

type Asked = { path: string; name: string | undefined; values: FlagValues<typeof flags> };

async function act({ path, name, values }: Asked, io: CommandIo): Promise<number> {
  const keys = await keysOf(path);
  if (name === undefined) {
    io.stdout(listOf(keys));
    return exitCodes.done;
  }
  const others = keys.filter((key) => key.name !== name);
  if (values.remove === true) {
    if (others.length === keys.length) throw new Error(`${path} has no key "${name}"`);
    await write(path, others);
    io.stderr(`"${name}" is taken away; roots refuse it within two seconds\n`);
    return exitCodes.done;
  }
  if (others.length < keys.length) throw new Error(`${path} has a key "${name}" already`);
  const { token, id, sha256 } = newToken();
  const made = keyFrom({ name, id, sha256 }, values);
  if ("problem" in made) return misused(io, made);
  await write(path, [...keys, made]);
  const indexes = coversAll(made) ? "all indexes" : made.indexes.join(", ");
  io.stderr(`"${name}" may ${made.scopes.join(", ")} on ${indexes}. Its token, shown this once:\n`);
  io.stdout(`${token}\n`);
  return exitCodes.done;
}

function keyFrom(base: Pick<Key, "name" | "id" | "sha256">, values: FlagValues<typeof flags>): Key | Misuse {
  const { scopes: asked = ["search"], indexes = ["*"], requestsPerS, burst, budgetMs, budgetMsMax } = values;
  const unknown = asked.find((one) => !isScope(one));
  if (unknown !== undefined) return { problem: `--scopes takes ${scopes.join(", ")}, not "${unknown}"` };
  const key: Key = {
    ...base,
    scopes: asked.filter(isScope),
    indexes,
    ...(requestsPerS === undefined ? {} : { requestsPerS }),
    ...(burst === undefined ? {} : { burst }),
    ...(budgetMs === undefined ? {} : { budgetMs }),
    ...(budgetMsMax === undefined ? {} : { budgetMsMax }),
  };
  const checked = readKeys(writeKeys([key]));
  return checked.kind === "keys" ? key : { problem: checked.detail };
}

function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

async function keysOf(path: string): Promise<Key[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  const reading = readKeys(text);
  if (reading.kind === "keys") return reading.keys;
  throw new Error(`${path} is no file of keys: ${reading.detail}`);
}

/** Written aside and renamed, so that a root never reads half of it. */
async function write(path: string, keys: readonly Key[]): Promise<void> {
  await writeFile(`${path}.new`, writeKeys(keys), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function listOf(keys: readonly Key[]): string {
  const rows = keys.map((key) => [key.name, key.id, key.scopes.join(","), key.indexes.join(",")]);
  return renderTable([{ title: "name" }, { title: "id" }, { title: "scopes" }, { title: "indexes" }], rows);
}

function misused(io: CommandIo, { problem }: Misuse): number {
  io.stderr(`hedgerow: ${problem}\n${usage.split("\n", 1)[0]}\n`);
  return exitCodes.misuse;
}
