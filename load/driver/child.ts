import { type ChildProcess, spawn } from "node:child_process";
import { threadFlag } from "../../src/command/supervise.ts";
import { listeningUrl } from "../../src/command/supervision.ts";
import { sleep, type Timers } from "../../src/time.ts";

/** A process of the cluster under load. */
export type Child = {
  readonly name: string;
  /** Undefined between two lives. */
  readonly pid: number | undefined;
  /** Where it listens; the same over all its lives. */
  readonly url: string;
  /** Where its inspector listens, where it was started to be inspected; undefined between two lives. */
  readonly inspectorUrl: string | undefined;
  signal(signal: NodeJS.Signals): void;
  /** Starts it again, where it listened before. Resolves once it listens. */
  start(): Promise<void>;
  /** Resolves when it is gone: after it was asked to end, or at once by force. */
  end(how: "asked" | "forced"): Promise<void>;
  /** Says something to it. */
  tell(message: object): void;
};

export type ChildPlan = {
  name: string;
  program: string;
  /** Its arguments; `port` is 0 for the first life. */
  args(port: string): readonly string[];
  timers: Timers;
  /** Its inspector listens, on a port of its own. */
  inspect?: boolean;
};

const startMsMax = 60_000;
const drainMsMax = 15_000;
const complaintLength = 2_000;
const inspectorLine = /^Debugger listening on (ws:\S+)\s/m;

/**
 * Starts a program of ours as `up` starts it, one that says over its channel where it listens. Rejects with what it said
 * when it does not.
 */
export async function startChild({ name, program, args, timers, inspect = false }: ChildPlan): Promise<Child> {
  let child: ChildProcess | undefined;
  let url = "";
  let inspectorUrl: string | undefined;
  const nodeFlags = [threadFlag, ...(inspect ? ["--inspect=127.0.0.1:0"] : [])];

  const start = async (): Promise<void> => {
    const port = url === "" ? "0" : new URL(url).port;
    const started = spawn(process.execPath, [...nodeFlags, program, ...args(port)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: withoutSettings(),
    });
    child = started;
    started.once("exit", () => {
      if (child !== started) return;
      child = undefined;
      inspectorUrl = undefined;
    });
    const inspector = inspect ? inspectorOf(started) : undefined;
    url = await listening(started, name, timers);
    inspectorUrl = await inspector;
  };

  await start();
  return {
    name,
    get pid() {
      return child?.pid;
    },
    get url() {
      return url;
    },
    get inspectorUrl() {
      return inspectorUrl;
    },
    signal: (signal) => void child?.kill(signal),
    start,
    end: (how) => end(child, how, timers),
    tell: (message) => void child?.send(message),
  };
}

function listening(child: ChildProcess, name: string, timers: Timers): Promise<string> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-complaintLength);
  });
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`${name} ${what}\n${said}`));
    const limit = timers.after(startMsMax, () => {
      child.kill("SIGKILL");
      fail(`did not listen within ${startMsMax} ms`);
    });
    child.once("exit", () => {
      limit.cancel();
      fail("ended before it listened");
    });
    child.on("message", (message) => {
      const found = listeningUrl(message);
      if (found === undefined) return;
      limit.cancel();
      resolve(found);
    });
  });
}

/** A process says this before it begins with its program. */
function inspectorOf(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve) => {
    const look = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = inspectorLine.exec(said)?.[1];
      if (found === undefined) return;
      child.stderr?.off("data", look);
      resolve(found);
    };
    child.stderr?.on("data", look);
  });
}

async function end(child: ChildProcess | undefined, how: "asked" | "forced", timers: Timers): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // One that stands still would hear of nothing else.
  child.kill("SIGCONT");
  child.kill(how === "asked" ? "SIGTERM" : "SIGKILL");
  const force = timers.after(drainMsMax, () => child.kill("SIGKILL"));
  await gone;
  force.cancel();
  await sleep(0, timers);
}

/** What this process was told by variables is not meant for the ones it starts. */
function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HEDGEROW_")));
}
