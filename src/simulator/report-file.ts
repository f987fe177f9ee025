import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../errors.ts";

/**
 * What keeps a report from being written there, in a line; undefined where nothing is known to. Nothing is opened for
 * that: who reads a pipe would take it for the end.
 */
export function reportObstacle(path: string): string | undefined {
  if (path === "" || path.endsWith("/")) return `--report must name a file, not "${path}"`;
  return complaintOf(path, () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) throw new Error("it is a directory");
    // The slash has the system refuse what is no directory.
    accessSync(found === undefined ? `${dirname(path)}/` : path, constants.W_OK);
  });
}

/** Writes a report. Answers in a line why that failed; undefined where it is there. */
export function writeReport(path: string, page: string): string | undefined {
  return complaintOf(path, () => writeFileSync(path, page));
}

function complaintOf(path: string, act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return `the report ${path} cannot be written: ${messageOf(error)}`;
  }
}
