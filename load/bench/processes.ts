import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { isRecord } from "../../src/protocol/record.ts";

/** A process of a benchmark that said where it listens, as a line of JSON on its standard output. */
export type BenchProcess = { url: string; pid: number; stop(): Promise<void> };

/** Starts a script with this very runtime and waits for its first line. */
export async function startProcess(script: string, args: readonly string[]): Promise<BenchProcess> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const said: unknown = JSON.parse(line);
    if (isRecord(said) && typeof said.url === "string") {
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
