import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sleep } from "../../src/time.ts";

/** One process of the cluster, which can be killed at any moment and started again where it was. */
export type Program = {
  readonly name: string;
  readonly url: string;
  /** Whether a process of it runs, be it only starting. */
  readonly alive: boolean;
  /** Ends it with SIGKILL and waits until it is gone; false where none ran any more. */
  kill(): Promise<boolean>;
  /** Asks it to drain and end, as SIGTERM does, and waits for nothing. */
  askToEnd(): void;
  /** Starts it, or joins the start that is under way; resolves once it listens, or has been killed before it did. */
  start(): Promise<void>;
};

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const startsMax = 20;
const retryDelayMs = 200;

/** A root or a leaf of this very source, on a port of its own. Nothing runs before `start`. */
export function hedgerowProgram(options: {
  role: "root" | "leaf";
  name: string;
  port: number;
  flags: readonly string[];
  /** Where its warnings go. */
  logFile: string;
}): Program {
  const { role, name, port, flags, logFile } = options;
  let child: ChildProcess | undefined;
  let starting: Promise<void> | undefined;
  const begin = (): ChildProcess => {
    const log = openSync(logFile, "a");
    const args = [main, role, "--name", name, "--host", "127.0.0.1", "--port", String(port), ...flags];
    const begun = spawn(process.execPath, args, {
      stdio: ["ignore", log, log, "ipc"],
      env: { PATH: process.env.PATH },
    });
    closeSync(log);
    begun.once("exit", () => {
      if (child === begun) child = undefined;
    });
    return begun;
  };
  const startAgainAndAgain = async (): Promise<void> => {
    // The log that it needs may be starting too, so that one that ends by itself is started again.
    for (let starts = 0; starts < startsMax; starts++) {
      child = begin();
      const how = await listeningOrEnded(child);
      if (how !== "failed") return;
      await sleep(retryDelayMs);
    }
    throw new Error(`${name} did not start: ${readFileSync(logFile, "utf8").slice(-2_000)}`);
  };
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    get alive() {
      return child !== undefined;
    },
    async kill() {
      const running = child;
      if (running === undefined) return false;
      const ended = once(running, "exit");
      running.kill("SIGKILL");
      await ended;
      return true;
    },
    askToEnd: () => void child?.kill("SIGTERM"),
    async start() {
      starting ??= startAgainAndAgain().finally(() => {
        starting = undefined;
      });
      await starting;
    },
  };
}

function listeningOrEnded(child: ChildProcess): Promise<"listening" | "ended" | "failed"> {
  return new Promise((resolve) => {
    child.once("message", () => resolve("listening"));
    child.once("exit", (code) => resolve(code === 0 || code === null ? "ended" : "failed"));
  });
}
