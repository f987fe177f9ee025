import { stat } from "node:fs/promises";
import type { Timer, Timers } from "../time.ts";

/** Files that are looked at again and again. */
export type WatchedFiles = { close(): void };

const lookEveryMs = 1000;

/**
 * Calls `onChange` when one of the files has become another: written anew, renamed over, or a link that points
 * elsewhere now, as orchestrators swap mounted secrets. It asks the disk every second, since notices of changes get
 * lost where directories are swapped. A file that is gone is no change: it may be on its way.
 */
export function watchFiles(paths: readonly string[], parts: { timers: Timers; onChange: () => void }): WatchedFiles {
  let timer: Timer | undefined;
  let closed = false;
  const known = new Map<string, string>();

  const look = async (): Promise<void> => {
    let changed = false;
    for (const path of paths) {
      const mark = await markOf(path);
      if (mark === undefined) continue;
      changed ||= known.has(path) && known.get(path) !== mark;
      known.set(path, mark);
    }
    if (closed) return;
    if (changed) parts.onChange();
    timer = parts.timers.after(lookEveryMs, () => void look());
  };

  void look();
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

async function markOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return undefined;
  }
}
