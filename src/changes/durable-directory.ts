import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a directory and its parents so that they outlive a power cut: a file that was synced is lost all the same when
 * the entry of a directory above it was not. Step by step, since Node's own `recursive` never returns below a directory
 * such as /proc, in which nothing can be made.
 */
export function makeDurableDirectory(directory: string): void {
  const missing: string[] = [];
  for (let at = resolve(directory); !existsSync(at); at = dirname(at)) missing.push(at);
  for (const path of missing.toReversed()) {
    makeUnlessThere(path);
    syncDirectory(dirname(path));
  }
}

function makeUnlessThere(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process was quicker.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
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
