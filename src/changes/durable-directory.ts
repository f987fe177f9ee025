import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { errorCodeOf } from "../errors.ts";

/**
 * Makes a directory and its parents so that they outlive a power cut: a file that was synced is lost all the same when
 * the entry of a directory above it was not. Step by step, since Node's own `recursive` never returns below a directory
 * such as /proc, in which nothing can be made. One that is new is for its maker alone, the directories above it as usual.
 */
export function makeDurableDirectory(directory: string): void {
  const missing: string[] = [];
  const whole = resolve(directory);
  for (let at = whole; !existsSync(at); at = dirname(at)) missing.push(at);
  for (const path of missing.toReversed()) {
    makeUnlessThere(path, path === whole ? 0o700 : 0o777);
    syncDirectory(dirname(path));
  }
}

function makeUnlessThere(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process was quicker.
    if (errorCodeOf(error) !== "EEXIST") throw error;
  }
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
