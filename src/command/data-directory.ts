import { mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HedgerowError } from "../errors.ts";

/** A directory that this process has for itself. */
export type DataDirectory = { release(): void };

const lockName = "up.lock";
const busy = 5;

/**
 * Makes a directory where it is missing and takes it for this process alone, until it lets go or ends, however it ends.
 * Throws `storage_unavailable`, which names the directory and the way out, when another process has it or when it
 * cannot be used; nothing in it has changed then.
 */
export async function takeDataDirectory(path: string): Promise<DataDirectory> {
  try {
    await makeDirectory(resolve(path));
  } catch (error) {
    throw unusable(path, error);
  }
  return lock(path);
}

/** Step by step: Node's own `recursive` never returns below a directory such as /proc, in which nothing can be made. */
export async function makeDirectory(path: string): Promise<void> {
  const above = dirname(path);
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (codeOf(error) !== "ENOENT" || above === path) throw error;
    await makeDirectory(above);
    await mkdir(path);
  }
}

/** SQLite's lock, since the system ends it with the process and a file with a pid would outlive it. */
function lock(path: string): DataDirectory {
  let database: DatabaseSync | undefined;
  try {
    const opened = new DatabaseSync(join(path, lockName), { timeout: 0 });
    database = opened;
    opened.exec("begin exclusive");
    return { release: () => opened.close() };
  } catch (error) {
    database?.close();
    throw unusable(path, error);
  }
}

function unusable(path: string, error: unknown): HedgerowError {
  const cause = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (error instanceof Error && "errcode" in error && error.errcode === busy) {
    const detail = `${path} is in use by another hedgerow up; stop that one, or name another directory with --data`;
    return new HedgerowError("storage_unavailable", detail);
  }
  const why =
    code === "EEXIST" || code === "ENOTDIR"
      ? "is no directory, or lies below something that is none"
      : code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? "may not be made by this user"
        : `cannot be used: ${cause}`;
  return new HedgerowError("storage_unavailable", `${path} ${why}; --data names another directory`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
