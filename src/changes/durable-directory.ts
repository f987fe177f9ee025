import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a directory and its parents so that they outlive a power cut: a file that was synced is lost all the same when
 * the entry of a directory above it was not.
 */
export function makeDurableDirectory(directory: string): void {
  const first = mkdirSync(directory, { recursive: true });
  if (first === undefined) return;
  const top = dirname(resolve(first));
  for (let at = dirname(resolve(directory)); ; at = dirname(at)) {
    syncDirectory(at);
    if (at === top || at === dirname(at)) return;
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
