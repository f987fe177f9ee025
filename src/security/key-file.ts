import { readFile } from "node:fs/promises";
import { HedgerowError } from "../errors.ts";
import type { Clock, Timers } from "../time.ts";
import { Access } from "./access.ts";
import { type Key, readKeys } from "./keys.ts";
import { marksOf, UnreadFile, watchFiles } from "./watched-files.ts";

export type KeyFileLog = { warn(fields: object, message: string): void; info(fields: object, message: string): void };

/** The keys of a file, which follow it. */
export type KeyFile = { access: Access; close(): void };

type KeyFileParts = {
  clock: Clock;
  timers: Timers;
  log: () => KeyFileLog;
  /** How a file's text is read. */
  readText?: (path: string) => Promise<string>;
};

/**
 * Opens a file of keys and follows its changes. One that cannot be read stops the start with `not_ready`; later on the
 * keys that stood go on to count, and the log says why.
 */
export async function openKeyFile(
  path: string,
  { clock, timers, log, readText = readUtf8 }: KeyFileParts,
): Promise<KeyFile> {
  const marks = marksOf([path]);
  const access = new Access(await keysIn(path, readText), clock);
  const watched = watchFiles(marks, {
    timers,
    async read() {
      access.replace(await keysIn(path, readText));
      log().info({ path, keys: access.size }, "the keys were read anew");
    },
    onTrouble: (detail) => log().warn({ path, detail }, "the keys cannot be read; those that stood still count"),
  });
  return { access, close: () => watched.close() };
}

/** The keys that a file holds. Throws `not_ready` where there is none or it does not fit. */
async function keysIn(path: string, readText: (path: string) => Promise<string>): Promise<Key[]> {
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    throw new UnreadFile(error, { flag: "--keys", path });
  }
  const reading = readKeys(text);
  if (reading.kind === "keys") return reading.keys;
  throw new HedgerowError("not_ready", `--keys: ${path} is no file of keys: ${reading.detail}`);
}

function readUtf8(path: string): Promise<string> {
  return readFile(path, "utf8");
}
