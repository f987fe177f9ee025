import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { leafBytesLeast } from "../config/security-settings.ts";
import { type Config, configOrExitCode } from "../config.ts";
import { missingFiles } from "../security/certificate-settings.ts";
import { exposureProblem } from "../security/exposure.ts";
import { memoryLimitBytes } from "../security/memory-limit.ts";
import { systemClock, systemTimers } from "../time.ts";
import { createClient } from "./client.ts";
import { tokenFrom } from "./client-command.ts";
import { takeDataDirectory } from "./data-directory.ts";
import { loadDemo } from "./demo.ts";
import type { CommandIo } from "./io.ts";
import { type Supervised, supervise } from "./supervise.ts";

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
    await serve(config, io).finally(() => directory.release());
    return 0;
  } catch (error) {
    io.stderr(`hedgerow: ${error instanceof Error ? error.message : String(error)}\n`);
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
  #root: Supervised | undefined;
  #stopping = false;
  #recorded: Promise<void> = Promise.resolve();

  constructor(config: Config, io: CommandIo & { program: string }) {
    this.#config = config;
    this.#io = io;
  }

  get url(): string {
    return this.#root?.url ?? "";
  }

  get #codeCache(): string {
    return join(resolve(this.#config.data), "code");
  }

  async start(): Promise<void> {
    // One that a killed program left behind tells of processes that are gone.
    await this.#forgetRecord();
    await this.#startLeaves();
    if (this.#stopping) return;
    this.#root = this.#startRoot();
    await this.#root.listening;
    await this.#record();
  }

  /**
   * All at once, but for the first start of all: then the first leaf leaves its compiled code to the others, which start
   * in half the time.
   */
  async #startLeaves(): Promise<void> {
    const { leaves, zones } = this.#config;
    const finds = existsSync(this.#codeCache);
    for (let i = 0; i < leaves && !this.#stopping; i++) {
      const leaf = this.#leaf(`leaf-${i + 1}`, zoneName(i % zones));
      this.#leaves.push(leaf);
      if (i === 0 && !finds) await leaf.listening;
    }
    await Promise.all(this.#leaves.map(({ listening }) => listening));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#root?.stop(drainMs);
    await Promise.all(this.#leaves.map((leaf) => leaf.stop(drainMs)));
    await this.#recorded;
    await this.#forgetRecord();
  }

  async #forgetRecord(): Promise<void> {
    await rm(join(this.#config.data, "up.json"), { force: true });
  }

  #leaf(name: string, zone: string): Supervised {
    const data = join(this.#config.data, name);
    const { indexingThreads, queueMax, logLevel, leaves, connectionsMax } = this.#config;
    // A share of a small machine may be less than a leaf takes as a limit.
    const memoryBytesMax = Math.max(leafBytesLeast, memoryLimitBytes(this.#config.memoryBytesMax, leaves));
    return this.#supervise("leaf", name, (url) => [
      ...["--name", name, "--zone", zone, "--data", data],
      ...["--indexing-threads", String(indexingThreads), "--queue-max", String(queueMax), "--log-level", logLevel],
      ...["--memory-bytes-max", String(memoryBytesMax), "--connections-max", String(connectionsMax)],
      // On this machine alone, whatever is said of the root.
      ...["--host", "127.0.0.1", "--no-insecure", "--port", url === undefined ? "0" : new URL(url).port],
    ]);
  }

  #startRoot(): Supervised {
    const { host, port, data, shards, replicas, zones, budgetMs } = this.#config;
    const { bodyBytesMax, windowMax, termsMax, cacheBytesMax, logLevel, slowMs, traceEvery, logQueries } = this.#config;
    const { log, logReplicas, logMonitor, acceptUnsyncedLog } = this.#config;
    const leaves = this.#leaves.map((leaf, i) => `${leaf.name}@${zoneName(i % zones)}=${leaf.url}`).join(",");
    return this.#supervise("root", "root", (url) => [
      ...["--name", "root", "--host", host, "--data", data, "--leaf-urls", leaves],
      ...["--port", url === undefined ? String(port) : new URL(url).port],
      ...["--body-bytes-max", String(bodyBytesMax), "--window-max", String(windowMax), "--terms-max", String(termsMax)],
      ...["--cache-bytes-max", String(cacheBytesMax)],
      ...["--slow-ms", String(slowMs), "--trace-every", String(traceEvery)],
      logQueries ? "--log-queries" : "--no-log-queries",
      ...["--log-level", logLevel, "--log", log, "--log-replicas", String(logReplicas)],
      ...(logMonitor === "" ? [] : ["--log-monitor", logMonitor]),
      ...securityFlags(this.#config),
      acceptUnsyncedLog ? "--accept-unsynced-log" : "--no-accept-unsynced-log",
      ...["--deletes-kept", String(this.#config.deletesKept)],
      ...["--shards", String(shards), "--replicas", String(replicas), "--budget-ms", String(budgetMs)],
    ]);
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
      onChange: () => void this.#record(),
      onTrouble: (message) => this.#io.stderr(`hedgerow: ${message}\n`),
    });
  }

  #record(): Promise<void> {
    this.#recorded = this.#recorded.then(() => this.#writeRecord());
    return this.#recorded;
  }

  /** Written aside and renamed, so that a reader never sees half of it. */
  async #writeRecord(): Promise<void> {
    if (this.#stopping || this.#root?.url === undefined) return;
    const processes = [this.#root, ...this.#leaves].map(({ role, name, pid, url }) => ({ role, name, pid, url }));
    const path = join(this.#config.data, "up.json");
    await writeFile(`${path}.new`, `${JSON.stringify({ url: this.#root.url, processes }, null, 2)}\n`);
    await rename(`${path}.new`, path);
  }
}

/** What a root is told of who may come in. Its leaves listen on this machine alone. */
function securityFlags(config: Config): string[] {
  const { keys, audit, tlsCert, tlsKey, insecure, logCa, logCert, logKey, logPasswordFile } = config;
  const { connectionsMax, documentBytesMax } = config;
  const ofLog = {
    "--log-ca": logCa,
    "--log-cert": logCert,
    "--log-key": logKey,
    "--log-password-file": logPasswordFile,
  };
  const paths = { "--keys": keys, "--audit": audit, "--tls-cert": tlsCert, "--tls-key": tlsKey, ...ofLog };
  const files = Object.entries(paths).filter(([, path]) => path !== "");
  const most = ["--connections-max", String(connectionsMax), "--document-bytes-max", String(documentBytesMax)];
  return [...files.flat(), ...most, insecure ? "--insecure" : "--no-insecure"];
}

function zoneName(position: number): string {
  return `zone-${String.fromCharCode(97 + position)}`;
}
