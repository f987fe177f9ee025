import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../load/driver/free-port.ts";
import { listeningUrl } from "../../src/command/supervision.ts";
import { requestTo, type TestCluster } from "./cluster.ts";

/** One role of the program as a process of its own, which can be ended and started again at the same place. */
export type RoleProcess = {
  readonly url: string;
  readonly request: TestCluster["request"];
  /** Starts it again where it was, after it has ended; resolves when it listens. */
  start(): Promise<void>;
  /** Ends it and gives its exit code; null after a signal that leaves no choice. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
};

/** Roots and leaves that a test starts one by one, with their files below one directory. */
export type RoleHome = {
  root(name: string, flags?: readonly string[]): Promise<RoleProcess>;
  leaf(name: string, flags?: readonly string[]): Promise<RoleProcess>;
  /** Kills whatever still runs and removes the files. */
  remove(): Promise<void>;
};

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export async function roleHome(): Promise<RoleHome> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-roles-"));
  const started: RoleProcess[] = [];
  const begin = async (role: "root" | "leaf", name: string, flags: readonly string[]): Promise<RoleProcess> => {
    const process_ = newProcess([role, "--name", name, "--data", join(directory, name), ...flags]);
    started.push(process_);
    await process_.start();
    return process_;
  };
  return {
    root: (name, flags = []) => begin("root", name, flags),
    leaf: (name, flags = []) => begin("leaf", name, flags),
    async remove() {
      await Promise.all(started.map((one) => one.end("SIGKILL")));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function newProcess(flags: readonly string[]): RoleProcess {
  let child: ChildProcess | undefined;
  let ended: Promise<number | null> = Promise.resolve(null);
  let url = "";
  let port: number | undefined;
  return {
    get url() {
      return url;
    },
    get request() {
      return requestTo(url);
    },
    async start() {
      port ??= await freePort();
      const process_ = spawn(process.execPath, [program, ...flags, "--port", String(port), "--log-level", "error"], {
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        env: { PATH: process.env.PATH },
      });
      child = process_;
      ended = new Promise((resolve) => process_.once("exit", (code) => resolve(code)));
      url = await new Promise<string>((resolve, reject) => {
        process_.on("message", (message) => {
          const found = listeningUrl(message);
          if (found !== undefined) resolve(found);
        });
        process_.once("exit", (code) => reject(new Error(`hedgerow ${flags.join(" ")} ended with ${code}`)));
      });
    },
    end(signal) {
      child?.kill(signal);
      return ended;
    },
  };
}
