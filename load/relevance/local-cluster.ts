import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRecord } from "../../src/protocol/record.ts";
import { sleep, systemClock, systemTimers } from "../../src/time.ts";

export type LocalCluster = {
  url: string;
  /** Asks the processes to drain and waits until they are gone. */
  stop(): Promise<void>;
};

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const pollMs = 50;
const startMsMax = 60_000;
const stopMsMax = 20_000;
/** How much of what a cluster that fails to start has said is repeated. */
const complaintLength = 2_000;

/**
 * Starts a root and leaves as `hedgerow up` does, on a free port with nothing loaded, keeping its data in
 * `dataDirectory`. `flags` are further ones of `up`. Rejects with what it said if it does not come up, and soon after
 * `signal` is raised; nothing of it runs then.
 */
export async function startLocalCluster(
  dataDirectory: string,
  flags: readonly string[],
  signal?: AbortSignal,
): Promise<LocalCluster> {
  const args = [program, "up", "--no-demo", "--port", "0", "--data", dataDirectory, ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-complaintLength);
  });
  const stop = (): Promise<void> => end(child);
  const untilMs = systemClock.nowMs() + startMsMax;
  for (;;) {
    if (signal?.aborted === true) {
      await stop();
      throw signal.reason;
    }
    const url = await readUrl(join(dataDirectory, "up.json"));
    if (url !== undefined) return { url, stop };
    if (hasEnded(child)) throw new Error(`the cluster ended before it listened\n${said}`);
    if (systemClock.nowMs() > untilMs) {
      await stop();
      throw new Error(`the cluster did not listen within ${startMsMax} ms\n${said}`);
    }
    await sleep(pollMs);
  }
}

async function readUrl(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const record: unknown = JSON.parse(text);
  return isRecord(record) && typeof record.url === "string" ? record.url : undefined;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return Promise.resolve();
  return new Promise((resolve) => {
    const force = systemTimers.after(stopMsMax, () => child.kill("SIGKILL"));
    child.once("exit", () => {
      force.cancel();
      resolve();
    });
    child.kill("SIGTERM");
  });
}
