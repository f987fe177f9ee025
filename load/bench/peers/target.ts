import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { asList, asNumber, asRecord, asText } from "../../../src/command/answers.ts";
import { stopProcess } from "../processes.ts";
import type { PeerKind } from "./peer.ts";

/** A search that is running and is to be measured, ours or another's. */
export type Target = {
  name: string;
  url: string;
  path: string;
  /** What every search carries beside its words. */
  search: object;
  indexMs: number;
  /** All processes of it. */
  pids: readonly number[];
  /** Those that may be stopped while another copy of all they hold is there. */
  mirrorPids: readonly number[];
  stop(): Promise<void>;
};

const program = fileURLToPath(new URL("./endpoint-main.ts", import.meta.url));

/** A directory of a search's own, and what removes it. */
export async function ownDirectory(): Promise<{ directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-peers-"));
  // A database may insist on a user of its own.
  await chmod(directory, 0o755);
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/**
 * Starts a peer behind its endpoint over the documents of `source`. Throws an error where it does not start, or `signal`
 * is raised before it has; nothing of it is left then.
 */
export async function startPeer({ name }: PeerKind, source: string, signal: AbortSignal): Promise<Target> {
  const { directory, remove } = await ownDirectory();
  const child = spawn(process.execPath, [program, name, source, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const abandon = (): void => void child.kill();
  process.once("exit", abandon);
  signal.addEventListener("abort", abandon);
  if (signal.aborted) abandon();
  const stop = async (): Promise<void> => {
    process.off("exit", abandon);
    await stopProcess(child);
    await remove();
  };
  for await (const line of createInterface({ input: child.stdout })) {
    // A second wish to end would cut the first one's work short.
    signal.removeEventListener("abort", abandon);
    const said = asRecord(JSON.parse(line));
    const pidsIn = (list: unknown): number[] => asList(list).flatMap((pid) => asNumber(pid) ?? []);
    return {
      name,
      url: asText(said.url) ?? "",
      path: "/search",
      search: {},
      indexMs: asNumber(said.indexMs) ?? 0,
      pids: pidsIn(said.pids),
      mirrorPids: pidsIn(said.mirrorPids),
      stop,
    };
  }
  signal.removeEventListener("abort", abandon);
  await stop();
  signal.throwIfAborted();
  throw new Error(`${name} ended before it listened`);
}
