import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { isBefore } from "../../src/changes/jetstream-durability.ts";
import { sleep } from "../../src/time.ts";
import { freePort } from "../driver/free-port.ts";

/** A NATS server of one run's own, with its store in a directory of its own. */
export type NatsServer = {
  url: string;
  /** Ends it at once, as a power cut would end the process. */
  kill(): Promise<void>;
  /** Starts it again on the same store and port. */
  start(): Promise<void>;
  remove(): Promise<void>;
};

/** The program; a variable names another than the machine's own. */
export const natsProgram = process.env.NATS_SERVER ?? "nats-server";

/** Whether this machine has the server, of this version or later; says so loudly when it has not. */
export function hasNatsServer(what: string, from = "0"): boolean {
  const { status, stdout } = spawnSync(natsProgram, ["--version"], { encoding: "utf8" });
  const version = status === 0 ? stdout.trim().replace(/^.*v/, "") : undefined;
  if (version !== undefined && !isBefore(version, from)) return true;
  const why =
    version === undefined
      ? "This machine has no nats-server (apt-get install nats-server)."
      : `${natsProgram} is ${version}, and it takes ${from} or later (NATS_SERVER=PATH).`;
  process.stderr.write(`\nNOT RUN: ${what}. ${why}\n`);
  return false;
}

const messageBytesMax = 8 << 20;

export async function startNatsServer(): Promise<NatsServer> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-nats-"));
  const port = await freePort();
  const config = join(directory, "server.conf");
  const store = join(directory, "store");
  await writeFile(
    config,
    `listen: "127.0.0.1:${port}"\nmax_payload: ${messageBytesMax}\njetstream { store_dir: "${store}" }\n`,
  );
  const url = `nats://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const server: NatsServer = {
    url,
    async start() {
      child = spawn(natsProgram, ["-c", config], { stdio: "ignore" });
      await answering(url);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
    async remove() {
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    try {
      const connection = await connect({ servers: url, reconnect: false, timeout: 1_000 });
      await connection.close();
      return;
    } catch {
      await sleep(20);
    }
  }
  throw new Error(`the NATS server at ${url} did not start`);
}
