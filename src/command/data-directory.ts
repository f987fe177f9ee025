import { mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errorCodeOf, HedgerowError, messageOf } from "../errors.ts";

/** A directory that this process has for itself. */
export type DataDirectory = { release(): void };

/** Who has a directory; `up` and one leaf may share one. */
export type DirectoryOwner = "up" | "leaf";

/** What came of asking for one; `detail` names the directory and the way out. Nothing in it has changed then. */
export type DirectoryOutcome = ({ kind: "taken" } & DataDirectory) | { kind: "in use" | "unusable"; detail: string };

const busy = 5;

/** As `askForDirectory`. Throws `storage_unavailable` when another process has it or when it cannot be used. */
export async function takeDataDirectory(path: string, owner: DirectoryOwner): Promise<DataDirectory> {
  const outcome = await askForDirectory(path, owner);
  if (outcome.kind === "taken") return outcome;
  throw new HedgerowError("storage_unavailable", outcome.detail);
}

/** Makes a directory where it is missing and takes it for this process alone, until it lets go or ends, however it ends. */
export async function askForDirectory(path: string, owner: DirectoryOwner): Promise<DirectoryOutcome> {
  try {
    await makeDirectory(resolve(path));
    return { kind: "taken", ...lock(join(path, `${owner}.lock`)) };
  } catch (error) {
    return whyNot(path, owner, error);
  }
}

/**
 * Step by step: Node's own `recursive` never returns below a directory such as /proc, in which nothing can be made. A new
 * one is for its maker alone, since documents lie in it; the directories above it are as any other.
 */
export async function makeDirectory(path: string, mode = 0o700): Promise<void> {
  const above = dirname(path);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (errorCodeOf(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (errorCodeOf(error) !== "ENOENT" || above === path) throw error;
    await makeDirectory(above, 0o777);
    await mkdir(path, { mode });
  }
}

/**
 * SQLite's lock, since the system ends it with the process and a file with a pid would outlive it. With its journal in
 * memory it writes nothing: who searches what is there needs no room on the disk.
 */
function lock(file: string): DataDirectory {
  let database: DatabaseSync | undefined;
  try {
    const opened = new DatabaseSync(file, { timeout: 0 });
    database = opened;
    opened.exec("pragma journal_mode = memory; begin exclusive");
    return { release: () => opened.close() };
  } catch (error) {
    database?.close();
    throw error;
  }
}

function whyNot(path: string, owner: DirectoryOwner, error: unknown): DirectoryOutcome {
  const cause = messageOf(error);
  const code = errorCodeOf(error);
  if (error instanceof Error && "errcode" in error && error.errcode === busy) {
    const detail = `${path} is in use by another hedgerow ${owner}; stop that one, or name another directory with --data`;
    return { kind: "in use", detail };
  }
  const why =
    code === "EEXIST" || code === "ENOTDIR"
      ? "is no directory, or lies below something that is none"
      : code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? "may not be made by this user"
        : `cannot be used: ${cause}`;
  return { kind: "unusable", detail: `${path} ${why}; --data names another directory` };
}
