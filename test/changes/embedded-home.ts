import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import type { LogHome } from "./contract.ts";

/** A directory of its own for each log, removed after it. */
export async function newEmbeddedHome(): Promise<LogHome & { directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-log-"));
  return {
    directory,
    open: (options = {}) => createEmbeddedLog({ directory, ...options }),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
