import { readFile } from "node:fs/promises";
import { HedgerowError } from "../errors.ts";
import type { Clock, Timers } from "../time.ts";
import { Access } from "./access.ts";
import { type Key, readKeys } from "./keys.ts";
import { watchFiles } from "./watched-files.ts";

export type KeyFileLog = { warn(fields: object, message: string): void; info(fields: object, message: string): void };

/** The keys of a file, which follow it. */
export type KeyFile = { access: Access; close(): void };

/**
 * Opens a file of keys and follows its changes. One that cannot be read stops the start with `not_ready`; later on the
 * keys that stood go on to count, and the log says why.
 */
export async function openKeyFile(
  path: string,
  parts: { clock: Clock; timers: Timers; log: () => KeyFileLog },
): Promise<KeyFile> {
  const access = new Access(await keysIn(path), parts.clock);
  const follow = async (): Promise<void> => {
    try {
      access.replace(await keysIn(path));
      parts.log().info({ path, keys: access.size }, "the keys were read anew");
    } catch (error) {
      parts.log().warn({ path, detail: messageOf(error) }, "the keys cannot be read; those that stood still count");
    }
  };
  const watched = watchFiles([path], { timers: parts.timers, onChange: () => void follow() });
  return { access, close: () => watched.close() };
}

/** The keys that a file holds. Throws `not_ready` where there is none or it does not fit. */
export async function keysIn(path: string): Promise<Key[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new HedgerowError("not_ready", `the keys cannot be read: ${messageOf(error)}`);
  }
  const reading = readKeys(text);
  if (reading.kind === "keys") return reading.keys;
  throw new HedgerowError("not_ready", `${path} is no file of keys: ${reading.detail}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
