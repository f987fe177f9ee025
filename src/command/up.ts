import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, configOrExitCode } from "../config.ts";
import { messageOf } from "../errors.ts";
import { missingFiles } from "../security/certificate-settings.ts";
import { exposureProblem } from "../security/exposure.ts";
import { systemClock, systemTimers } from "../time.ts";
import { createClient } from "./client.ts";
import { tokenFrom } from "./client-command.ts";
import { takeDataDirectory } from "./data-directory.ts";
import { loadDemo } from "./demo.ts";
import type { CommandIo } from "./io.ts";
import { leafFlags, leafName, rootFlags } from "./local-roles.ts";
import { losing } from "./standard-output.ts";
import { type Supervised, supervise } from "./supervise.ts";
import { UpRecord } from "./up-record.ts";

const drainMs = 10_000;

/**
 * `hedgerow up`: a root and its leaves as processes of this machine, until `stopped` resolves; then all drain. A
 * process that dies is started again. `<data>/up.json` says what runs where. One at a time on a data directory.
 */
export async function up(args: string[], io: CommandIo & { program: string; stopped: Promise<void> }): Promise<number> {
  const config = configOrExitCode("up", args, io);
  if (typeof config === "number") return config;
  const exposed =
    missingFiles(config) ?? exposureProblem({ ...config, guarded: config.keys !== "", fix: "give --keys" });
  if (exposed !== undefined) {
    io.stderr(`${exposed}\n`);
    return 2;
  }
  try {
    const directory = await takeDataDirectory(config.data, "up");
    const told = { ...io, stdout: losing(io.stdout), stderr: losing(io.stderr) };
    await serve(config, told).finally(() => directory.release());
    return 0;
  } catch (error) {
    io.stderr(`hedgerow: ${messageOf(error)}\n`);
    return 1;
  }
}

async function serve(config: Config, io: CommandIo & { program: string; stopped: Promise<void> }): Promise<void> {
  const cluster = new LocalCluster(config, io);
  // A load that went on would try for a minute to reach what has ended, and keep this process.
  const stopping = new AbortController();
  void io.stopped.then(() => stopping.abort());
  try {
    await Promise.race([cluster.start(), io.stopped]);
    if (cluster.url !== "")
      await Promise.race([demonstrate(cluster.url, { config, signal: stopping.signal }, io), io.stopped]);
    await io.stopped;
  } finally {
    await cluster.stop();
  }
}

async function demonstrate(
  url: string,
  { config, signal }: { config: Config; signal: AbortSignal },
  io: CommandIo,
): Promise<void> {
  io.stdout(`Hedgerow is at ${url}\n`);
  if (!config.demo) return;
  const token = await tokenFrom(undefined, io);
  if (config.keys !== "" && token === undefined) {
    io.stderr(
      "hedgerow: no demo corpus: HEDGEROW_KEY_FILE must name a file with a token that may search, write and admin\n",
    );
    return;
  }
  const { data: dataDirectory, shards, replicas } = config;
  await loadDemo({ client: createClient(url, token), dataDirectory, shards, replicas, signal }, io);
  const example = (query: string): string => `  curl '${url}/v1/indexes/demo/search?q=${query.replaceAll(" ", "+")}'\n`;
  io.stdout(
    `Try it:\n${example("fear of heights")}${example("instrument measuring atmospheric pressure")}${example("cultivation of bees")}`,
  );
}

/** The processes of one `up`. */
class LocalCluster {
  readonly #config: Config;
  readonly #io: CommandIo & { program: string };
  readonly #leaves: Supervised[] = [];
  readonly #record: UpRecord;
  #root: Supervised | undefined;
  #stopping = false;

  constructor(config: Config, io: CommandIo & { program: string }) {
    this.#config = config;
    this.#io = io;
    this.#record = new UpRecord({
      directory: config.data,
      timers: systemTimers,
      onTrouble: (message) => this.#tell(message),
    });
  }

  get url(): string {
    return this.#root?.url ?? "";
  }

  get #codeCache(): string {
    return join(resolve(this.#config.data), "code");
  }

  async start(): Promise<void> {
    // One that a killed program left behind tells of processes that are gone.
    await this.#record.forget();
    await this.#startLeaves();
    if (this.#stopping) return;
    const leafUrls = this.#leaves.map(({ url = "" }) => url);
    this.#root = this.#supervise("root", "root", (url) => rootFlags(this.#config, leafUrls, url));
    await this.#root.listening;
    await this.#writeRecord();
  }

  /**
   * All at once, but for the first start of all: then the first leaf leaves its compiled code to the others, which start
   * in half the time.
   */
  async #startLeaves(): Promise<void> {
    const { leaves } = this.#config;
    const finds = existsSync(this.#codeCache);
    for (let i = 0; i < leaves && !this.#stopping; i++) {
      const leaf = this.#supervise("leaf", leafName(i), (url) => leafFlags(this.#config, i, url));
      this.#leaves.push(leaf);
      if (i === 0 && !finds) await leaf.listening;
    }
    await Promise.all(this.#leaves.map(({ listening }) => listening));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#root?.stop(drainMs);
    await Promise.all(this.#leaves.map((leaf) => leaf.stop(drainMs)));
    await this.#record.forget();
  }

  #supervise(role: "root" | "leaf", name: string, flags: (url: string | undefined) => string[]): Supervised {
    return supervise({
      role,
      name,
      program: this.#io.program,
      codeCache: this.#codeCache,
      flags,
      clock: systemClock,
      timers: systemTimers,
      isEnding: () => this.#stopping,
      onChange: () => void this.#writeRecord(),
      onTrouble: (message) => this.#tell(message),
    });
  }

  async #writeRecord(): Promise<void> {
    if (this.#stopping || this.#root?.url === undefined) return;
    const processes = [this.#root, ...this.#leaves].map(({ role, name, pid, url }) => ({ role, name, pid, url }));
    await this.#record.write({ url: this.#root.url, processes });
  }

  #tell(message: string): void {
    this.#io.stderr(`hedgerow: ${message}\n`);
  }
}
