import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

/** A process of a benchmark that said where it listens, as a line of JSON on its standard output. */
export type BenchProcess = { url: string; pid: number; stop(): Promise<void> };

/** Starts a script with this very runtime and waits for its first line. */
export async function startProcess(script: string, args: readonly string[]): Promise<BenchProcess> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const said: unknown = JSON.parse(line);
    if (typeof said === "object" && said !== null && "url" in said && typeof said.url === "string") {
      return { url: said.url, pid: child.pid ?? 0, stop: () => stopProcess(child) };
    }
  }
  throw new Error(`${script} ended before it listened`);
}

/** Ends a process and waits until it has ended. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

const ticksPerSecond = 100;

/**
 * The processor time that the operating system has booked for processes so far, user and system, in milliseconds. One
 * that has ended counts nothing.
 */
export async function processorMs(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    if (stat === undefined) continue;
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1000) / ticksPerSecond;
}
