import { type ChildProcess, spawn } from "node:child_process";
import { type Clock, sleep, type Timers } from "../time.ts";
import { isAskedToEnd, listeningUrl, supervision } from "./supervision.ts";

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
  /** Whether all of them are ending, each when it is its turn: none is started again any more. */
  isEnding: () => boolean;
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
/** What signals a whole group tells this process, too, by then; a single one that was meant ends after it. */
const groupMs = 200;

/**
 * Starts a process of this program and starts it again when it dies, sooner the longer it had lived. The child says
 * where it listens over the IPC channel, and ends by itself when that channel closes, so that nothing outlives us. It
 * leaves signals to us: one that is meant for the whole group must not end a leaf before the root has drained.
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
    const onEnd = (how: string): void => void onExit(how, clock.nowMs() - startedMs);
    const process_ = spawned((error) => onEnd(`could not be started (${error.message})`));
    if (process_ === undefined) return;
    child = process_;
    // One that has ended already is told nothing, and its exit says so.
    process_.send(supervision, () => undefined);
    process_.on("message", (message) => {
      if (isAskedToEnd(message)) timers.after(groupMs, () => options.isEnding() || release(process_));
      const found = listeningUrl(message);
      if (found === undefined) return;
      url = found;
      firstStart = false;
      options.onChange();
      listening.resolve();
    });
    process_.on("exit", (code, signal) => onEnd(`ended with ${signal ?? `code ${code}`}`));
  };

  /** A new process, or none where the machine has no room for one, and then word of that. */
  const spawned = (onFailure: (error: Error) => void): ChildProcess | undefined => {
    try {
      const process_ = spawn(process.execPath, [threadFlag, options.program, role, ...options.flags(url)], {
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        env: { NODE_COMPILE_CACHE: options.codeCache, ...ownEnvironment() },
      });
      // Of one that runs it only says that a message did not reach it, and its exit will say why.
      const runs = process_.pid !== undefined;
      process_.on("error", (error) => runs || onFailure(error));
      return runs ? process_ : undefined;
    } catch (error) {
      // The runtime tells of some causes later, and throws others.
      onFailure(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  };

  const onExit = async (how: string, livedMs: number): Promise<void> => {
    child = undefined;
    if (stopping || options.isEnding()) return;
    if (firstStart) {
      listening.reject(new Error(`${name} ${how} before it listened`));
      return;
    }
    options.onTrouble(`${name} ${how}; starting it again`);
    options.onChange();
    backoffMs = livedMs > stableMs ? backoffMsMin : Math.min(backoffMs * 2, backoffMsMax);
    await sleep(backoffMs, timers);
    if (!stopping && !options.isEnding()) start();
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
    release(child);
  });
}

/** Closes the channel, at which the process drains and ends. */
function release(child: ChildProcess): void {
  if (child.connected) child.disconnect();
}

/** Settings of the parent are handed on as flags: the same variable means something else to another role. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HEDGEROW_")));
}
