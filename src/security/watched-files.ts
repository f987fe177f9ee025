import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { HedgerowError, messageOf } from "../errors.ts";
import type { Timer, Timers } from "../time.ts";

/** Files that are looked at again and again. */
export type WatchedFiles = { close(): void };

/** What tells each file from what it was before; without a mark a file has still to be read. */
export type FileMarks = ReadonlyMap<string, string | undefined>;

/** A file that a flag names could not be read now, for a reason that may pass while the file stays as it is. */
export class UnreadFile extends HedgerowError {
  constructor(cause: unknown, { flag, path }: { flag: string; path: string }) {
    super("not_ready", `${flag}: ${path} cannot be read: ${messageOf(cause)}`);
  }
}

type Following = {
  timers: Timers;
  /** Reads the files. Throws `UnreadFile` where they are to be read again though they do not change. */
  read(): void | Promise<void>;
  /** Hears why they were not taken: what keeps them from being read, once as long as it is the same. */
  onTrouble(detail: string): void;
};

const lookEveryMs = 1000;
/** Whoever swaps files may have them away for a moment. */
const awayLooks = 2;

/** The marks of files that are about to be read: taken afterwards, they would hide what has changed in between. */
export function marksOf(paths: readonly string[]): FileMarks {
  return new Map(paths.map((path) => [path, markAtOnce(path)]));
}

/**
 * Calls `read` when one of the files has become another: written anew, renamed over, or a link that points
 * elsewhere now, as orchestrators swap mounted secrets. It asks the disk every second, since notices of changes get
 * lost where directories are swapped. A file that is gone is no change: it may be on its way. One that stays away is told
 * of, once.
 */
export function watchFiles(marks: FileMarks, { timers, read, onTrouble }: Following): WatchedFiles {
  let timer: Timer | undefined;
  let closed = false;
  let unread: string | undefined;
  const known = new Map(marks);
  const away = new Map<string, number>();

  const noteAway = (path: string): void => {
    const looks = (away.get(path) ?? 0) + 1;
    away.set(path, looks);
    if (looks === awayLooks) onTrouble(`${path} is gone`);
  };

  const follow = async (): Promise<void> => {
    try {
      await read();
      unread = undefined;
    } catch (error) {
      const detail = messageOf(error);
      if (detail !== unread) onTrouble(detail);
      unread = error instanceof UnreadFile ? detail : undefined;
      if (unread !== undefined) for (const path of known.keys()) known.set(path, undefined);
    }
  };
  const look = async (): Promise<void> => {
    let changed = false;
    for (const path of known.keys()) {
      const mark = await markOf(path);
      if (mark === undefined) {
        noteAway(path);
        continue;
      }
      away.delete(path);
      changed ||= known.get(path) !== mark;
      known.set(path, mark);
    }
    if (changed && !closed) await follow();
    lookLater();
  };
  const lookLater = (): void => {
    if (!closed) timer = timers.after(lookEveryMs, () => void look());
  };

  lookLater();
  return {
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

type Stat = { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint };

async function markOf(path: string): Promise<string | undefined> {
  try {
    return written(await stat(path, { bigint: true }));
  } catch {
    return undefined;
  }
}

function markAtOnce(path: string): string | undefined {
  try {
    return written(statSync(path, { bigint: true }));
  } catch {
    return undefined;
  }
}

function written({ ino, size, mtimeNs, ctimeNs }: Stat): string {
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}
