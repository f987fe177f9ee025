import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRecord } from "../../src/protocol/record.ts";
import { sleep } from "../../src/time.ts";
import { requestTo, type TestCluster } from "./cluster.ts";

export type UpProcess = { role: string; name: string; pid: number; url: string };

/** `hedgerow up` as a user runs it: real processes, which a test may stop, cut off or kill. */
export type UpCluster = Pick<TestCluster, "url" | "request"> & {
  directory: string;
  processes(): Promise<UpProcess[]>;
  /** Stops the program as SIGTERM does, and gives its exit code. */
  stop(): Promise<number | null>;
};

/** `hedgerow up`, or a program that runs it, in a process group of its own, as a shell starts it. */
export type UpGroup = Pick<TestCluster, "url" | "request"> & {
  pid: number;
  processes(): Promise<UpProcess[]>;
  /** The exit code of what was started, and what it and all below it said, once it has ended. */
  ended: Promise<{ code: number | null; signal: string | null; said: string }>;
};

export const repository = fileURLToPath(new URL("../..", import.meta.url));
const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const startMsMax = 120_000;

/** The words after `node` that run `up` on a directory. */
export function upOn(directory: string): string[] {
  return [program, "up", "--port", "0", "--data", directory];
}

export async function startUp(flags: string[], directory?: string): Promise<UpCluster> {
  const data = directory ?? (await mkdtemp(join(tmpdir(), "hedgerow-up-")));
  const child = spawn(process.execPath, [...upOn(data), ...flags], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { PATH: process.env.PATH },
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await waitForUrl(data, child);
  return {
    url,
    request: requestTo(url),
    directory: data,
    processes: async () => (await readUp(data))?.processes ?? [],
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      if (directory === undefined) await rm(data, { recursive: true, force: true });
      return code;
    },
  };
}

/** Starts `command`, which is to run `up` on that directory, and waits until it serves. */
export async function startUpGroup([command = "", ...args]: readonly string[], directory: string): Promise<UpGroup> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    cwd: repository,
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (piece) => {
      said += String(piece);
    });
  const ended = new Promise<Awaited<UpGroup["ended"]>>((resolve) =>
    child.once("exit", (code, signal) => resolve({ code, signal, said })),
  );
  return { ...(await upAt(directory, child)), pid: child.pid ?? 0, ended };
}

/** What `child` runs as `up` on a directory, once it serves. */
export async function upAt(
  directory: string,
  child: ChildProcess,
): Promise<Pick<UpGroup, "url" | "request" | "processes">> {
  const url = await waitForUrl(directory, child);
  const processes = async (): Promise<UpProcess[]> => (await readUp(directory))?.processes ?? [];
  return { url, request: requestTo(url), processes };
}

async function waitForUrl(data: string, child: ChildProcess): Promise<string> {
  for (let waitedMs = 0; waitedMs < startMsMax; waitedMs += 50) {
    if (child.exitCode !== null) throw new Error(`hedgerow up ended with ${child.exitCode}`);
    const up = await readUp(data);
    if (up !== undefined) return up.url;
    await sleep(50);
  }
  child.kill("SIGKILL");
  throw new Error(`hedgerow up did not start within ${startMsMax} ms`);
}

async function readUp(data: string): Promise<{ url: string; processes: UpProcess[] } | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(data, "up.json"), "utf8"));
    if (!isRecord(parsed) || typeof parsed.url !== "string" || !Array.isArray(parsed.processes)) return undefined;
    return { url: parsed.url, processes: parsed.processes.filter(isProcess) };
  } catch {
    return undefined;
  }
}

function isProcess(value: unknown): value is UpProcess {
  return (
    isRecord(value) && typeof value.pid === "number" && typeof value.name === "string" && typeof value.url === "string"
  );
}

/** Waits until a condition holds; fails with `what` after `limitMs`. */
export async function eventually(what: string, holds: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 50) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error(`within ${limitMs} ms it did not come about that ${what}`);
}
