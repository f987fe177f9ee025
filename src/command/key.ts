import { readFile } from "node:fs/promises";
import { messageOf } from "../errors.ts";
import { shellName } from "../flags.ts";
import { coversAll, type Key, readKeys, writeKeys } from "../security/keys.ts";
import { newToken } from "../security/token.ts";
import { exitCodes } from "./client-command.ts";
import { fileProblem, unlessMissing } from "./file-problem.ts";
import { type Command, type FlagValues, readFlags } from "./flags.ts";
import type { CommandIo } from "./io.ts";
import { keyFrom, newKeyFlags } from "./new-key.ts";
import { replaceText } from "./replace-text.ts";
import { renderTable } from "./table.ts";

const usage = `hedgerow key NAME --keys FILE: make a key, add it to a file, and print its token once

Only the token's hash is kept: what is printed cannot be had again. A running root takes the file's changes by itself.
hedgerow key --keys FILE lists the keys; hedgerow key NAME --keys FILE --remove takes one away.`;

const flags = {
  keys: { kind: "text", placeholder: "FILE", reason: "the file of keys that the root was given" },
  ...newKeyFlags,
  remove: { kind: "switch", reason: "take the key away" },
} as const;

const command: Command<typeof flags> = { usage, flags };

/** `hedgerow key`. Resolves to the exit code: 0 done, 1 the file cannot be used, 2 misused. */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const read = readFlags(args, command, io.env);
  if (read.kind === "help") {
    io.stdout(read.text);
    return exitCodes.done;
  }
  if (read.kind === "misuse") return misused(io, read);
  const { values, words } = read;
  const path = values.keys ?? "";
  if (path === "") return misused(io, { problem: "--keys must name the file of keys" });
  if (words.length > 1) return misused(io, { problem: `one key at a time; "${words[1]}" is another` });
  const asked = { path, name: words[0], values };
  const problem = idleFlag(asked, args);
  if (problem !== undefined) return misused(io, { problem });
  try {
    return await act(asked, io);
  } catch (error) {
    io.stderr(`hedgerow: ${problemOf(error)}\n`);
    return exitCodes.failed;
  }
}

function problemOf(error: unknown): string {
  return fileProblem(error) ?? messageOf(error);
}

type Asked = { path: string; name: string | undefined; values: FlagValues<typeof flags> };

/**
 * A flag that has nothing to act on: it would be passed over, and whoever gave it would not know. A variable may be there
 * for another call, or for a root, which has some of the same names.
 */
function idleFlag({ name, values }: Asked, args: readonly string[]): string | undefined {
  const isRemoval = values.remove === true;
  if (isRemoval && name === undefined) return "--remove wants the name of the key to take away";
  if (!isRemoval && name !== undefined) return undefined;
  const given = readFlags(args, command);
  const idle = Object.keys(newKeyFlags).find((flag) => given.kind === "ok" && flag in given.values);
  if (idle === undefined) return undefined;
  return `${shellName(idle)} is for a key that is made; ${isRemoval ? "--remove makes none" : "name the key to make"}`;
}

async function act({ path, name, values }: Asked, io: CommandIo): Promise<number> {
  if (name === undefined) {
    io.stdout(listOf(await standingKeys(path)));
    return exitCodes.done;
  }
  if (values.remove !== true) return add({ path, name, values }, io);
  const keys = await standingKeys(path);
  const others = keys.filter((key) => key.name !== name);
  if (others.length === keys.length) throw new Error(`${path} has no key "${name}"`);
  await write(path, others);
  io.stderr(`"${name}" is taken away; roots refuse it within two seconds\n`);
  return exitCodes.done;
}

async function add({ path, name, values }: Asked & { name: string }, io: CommandIo): Promise<number> {
  const { token, id, sha256 } = newToken();
  const made = keyFrom({ name, id, sha256 }, values);
  if ("problem" in made) return misused(io, made);
  const keys = (await keysOf(path)) ?? [];
  if (keys.some((key) => key.name === name)) throw new Error(`${path} has a key "${name}" already`);
  const all = [...keys, made];
  // One that does not fit, or one more than roots read, would have them refuse all of them.
  const checked = readKeys(writeKeys(all));
  if (checked.kind !== "keys") throw new Error(`${path} cannot take another key: ${checked.detail}`);
  await write(path, all);
  const indexes = coversAll(made) ? "all indexes" : made.indexes.join(", ");
  io.stderr(`"${name}" may ${made.scopes.join(", ")} on ${indexes}. Its token, shown this once:\n`);
  try {
    io.stdout(`${token}\n`);
  } catch (error) {
    // A key whose token nobody has seen only keeps another from being made under its name.
    await write(path, keys);
    throw error;
  }
  return exitCodes.done;
}

async function standingKeys(path: string): Promise<Key[]> {
  const keys = await keysOf(path);
  if (keys === undefined) throw new Error(`there is no such file: ${path}`);
  return keys;
}

/** Undefined where there is no such file. */
async function keysOf(path: string): Promise<Key[] | undefined> {
  const text = await unlessMissing(readFile(path, "utf8"));
  if (text === undefined) return undefined;
  const reading = readKeys(text);
  if (reading.kind === "keys") return reading.keys;
  throw new Error(`${path} is no file of keys: ${reading.detail}`);
}

async function write(path: string, keys: readonly Key[]): Promise<void> {
  try {
    await replaceText(path, writeKeys(keys));
  } catch (error) {
    const where = fileProblem(error) === undefined ? "" : ", since that begins beside it";
    throw new Error(`${path} cannot be written${where}: ${problemOf(error)}`);
  }
}

function listOf(keys: readonly Key[]): string {
  const rows = keys.map((key) => [key.name, key.id, key.scopes.join(","), key.indexes.join(",")]);
  return renderTable([{ title: "name" }, { title: "id" }, { title: "scopes" }, { title: "indexes" }], rows);
}

function misused(io: CommandIo, { problem }: { problem: string }): number {
  io.stderr(`hedgerow: ${problem}\n${usage.split("\n", 1)[0]}\n`);
  return exitCodes.misuse;
}
