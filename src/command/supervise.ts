import { type ChildProcess, spawn } from "node:child_process";
import { type Clock, sleep, type Timers } from "../time.ts";

/** A process of this program in one role, kept running. */
export type Supervised = {
  readonly role: "root" | "leaf";
  readonly name: string;
  /** Of the process that runs now; undefined between two. */
  readonly pid: number | undefined;
  /** Where it listens; stays the same over restarts. */
  readonly url: string | undefined;
  /** Resolves once it listens for the first time; rejects when it ends before. */
  readonly listening: Promise<void>;
  /** Asks it to drain and end; resolves when it has, by force after `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

export type SuperviseOptions = {
  role: "root" | "leaf";
  name: string;
  program: string;
  /** Where compiled code is kept, so that the next start finds it. */
  codeCache: string;
  /** Flags for a start. `url` is where it listened before, or undefined for the first start. */
  flags: (url: string | undefined) => string[];
  clock: Clock;
  timers: Timers;
  onChange: () => void;
  onTrouble: (message: string) => void;
};

/**
 * As many threads for the runtime's own work as there are cores to spare, not always four: they run before the indexing
 * workers' turn, and kept searches waiting for milliseconds on two cores.
 */
export const threadFlag = "--v8-pool-size=0";
const backoffMsMin = 100;
const backoffMsMax = 5_000;
/** A process that lived this long starts over without having to wait. */
const stableMs = 10_000;

/**
 * Starts a process of this program and starts it again when it dies, sooner the longer it had lived. The child says
 * where it listens over the IPC channel, and ends by itself when that channel closes, so that nothing outlives us.
 */
export function supervise(options: SuperviseOptions): Supervised {
  const { role, name, clock, timers } = options;
  let child: ChildProcess | undefined;
  let url: string | undefined;
  let stopping = false;
  let backoffMs = backoffMsMin;
  let firstStart = true;
  const listening = Promise.withResolvers<void>();
  listening.promise.catch(() => undefined);

  const start = (): void => {
    const startedMs = clock.nowMs();
    const process_ = spawn(process.execPath, [threadFlag, options.program, role, ...options.flags(url)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { NODE_COMPILE_CACHE: options.codeCache, ...ownEnvironment() },
    });
    child = process_;
    process_.on("message", (message) => {
      const found = listeningUrl(message);
      if (found === undefined) return;
      url = found;
      firstStart = false;
      options.onChange();
      listening.resolve();
    });
    process_.on("exit", (code, signal) => void onExit(signal ?? `code ${code}`, clock.nowMs() - startedMs));
  };

  const onExit = async (reason: string, livedMs: number): Promise<void> => {
    child = undefined;
    if (stopping) return;
    if (firstStart) {
      listening.reject(new Error(`${name} ended with ${reason} before it listened`));
      return;
    }
    options.onTrouble(`${name} ended with ${reason}; starting it again`);
    options.onChange();
    backoffMs = livedMs > stableMs ? backoffMsMin : Math.min(backoffMs * 2, backoffMsMax);
    await sleep(backoffMs, timers);
    if (!stopping) start();
  };

  start();
  return {
    role,
    name,
    get pid() {
      return child?.pid;
    },
    get url() {
      return url;
    },
    listening: listening.promise,
    stop(graceMs) {
      stopping = true;
      return end(child, graceMs, timers);
    },
  };
}

function end(child: ChildProcess | undefined, graceMs: number, timers: Timers): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = timers.after(graceMs, () => child.kill("SIGKILL"));
    child.once("exit", () => {
      force.cancel();
      resolve();
    });
    child.kill("SIGTERM");
  });
}

/** Settings of the parent are handed on as flags: the same variable means something else to another role. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HEDGEROW_")));
}

function listeningUrl(message: unknown): string | undefined {
  if (typeof message !== "object" || message === null || !("listening" in message)) return undefined;
  return typeof message.listening === "string" ? message.listening : undefined;
}
