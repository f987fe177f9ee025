import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { stopSignals } from "../../../src/command/interruption.ts";
import { sleep, systemTimers } from "../../../src/time.ts";

/** Who a program runs as; undefined: as this process does. */
export type User = { uid: number; gid: number };

/** A program that was installed on this machine, running. */
export type Program = { pid: number; stop(signal: NodeJS.Signals): Promise<void> };

const complaintLength = 2_000;
const stopMsMax = 15_000;
const answerTries = 600;
const answerEveryMs = 50;

const running = new Set<ChildProcess>();
let ending: Promise<void> | undefined;

/** Ends all programs that run here, and lets no other start. */
export function endPrograms(): Promise<void> {
  ending ??= Promise.all([...running].map((child) => end(child, "SIGINT"))).then(() => undefined);
  return ending;
}

/** Leaves it to whoever has started the programs to end them where this process is asked to end. */
export function keepPrograms(): void {
  for (const signal of stopSignals) process.off(signal, endWithPrograms);
}

/** A process without programs ends of itself when it is asked to, even while it is busy; one with them must not yet. */
function guardPrograms(): void {
  keepPrograms();
  for (const signal of stopSignals) process.on(signal, endWithPrograms);
}

function endWithPrograms(): void {
  void endPrograms().then(() => process.exit(1));
}

/** Runs a program to its end. Throws an error with what it said where it fails. */
export async function runProgram(command: string, args: readonly string[], user?: User): Promise<void> {
  const { child, said } = spawnListened(command, args, user);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${command} failed\n${said()}`);
}

/**
 * Starts a program and waits until `answers` does. Throws an error with what it said where it ends before that, or
 * does not answer in half a minute.
 */
export async function startProgram(
  [command = "", ...args]: readonly string[],
  { user, answers }: { user?: User | undefined; answers(): Promise<unknown> },
): Promise<Program> {
  const { child, said } = spawnListened(command, args, user);
  const program: Program = { pid: child.pid ?? 0, stop: (signal) => end(child, signal) };
  for (let tries = 0; tries < answerTries && !hasEnded(child); tries++) {
    try {
      await answers();
      return program;
    } catch {
      await sleep(answerEveryMs);
    }
  }
  await program.stop("SIGKILL");
  throw new Error(`${command} did not start\n${said()}`);
}

function spawnListened(
  command: string,
  args: readonly string[],
  user: User | undefined,
): { child: ChildProcess; said(): string } {
  if (ending !== undefined) throw new Error(`${command} is not started: all programs are to end`);
  guardPrograms();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...user });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-complaintLength);
    });
  }
  return { child, said: () => said };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  // One that stands still would hear of nothing else.
  child.kill("SIGCONT");
  child.kill(signal);
  const force = systemTimers.after(stopMsMax, () => child.kill("SIGKILL"));
  await ended;
  force.cancel();
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Whether a command can be run here. */
export function isInstalled(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
}
