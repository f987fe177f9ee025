import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { systemClock } from "../../src/time.ts";

/** What one small append makes the log write before it syncs: some four pages. */
export const syncedBytes = 16 << 10;

/** How often a second the disk of a file takes a small write and syncs it, tried for `roundMs`. */
export function syncRate(file: string, roundMs: number): number {
  const handle = openSync(file, "w");
  const bytes = Buffer.alloc(syncedBytes, 1);
  const startMs = systemClock.nowMs();
  let count = 0;
  for (; systemClock.nowMs() - startMs < roundMs; count++) {
    writeSync(handle, bytes, 0, bytes.length, count * bytes.length);
    fdatasyncSync(handle);
  }
  closeSync(handle);
  return (count * 1000) / (systemClock.nowMs() - startMs);
}
