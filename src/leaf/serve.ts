import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServiceIo } from "../command/io.ts";
import { type Config, configOrExitCode } from "../config.ts";
import { HedgerowError } from "../errors.ts";
import { linkFiles, missingFiles } from "../security/certificate-settings.ts";
import { type Certificates, openCertificates } from "../security/certificates.ts";
import { exposureProblem, isLoopback } from "../security/exposure.ts";
import { memoryLimitBytes } from "../security/memory-limit.ts";
import { UnreadFile } from "../security/watched-files.ts";
import { systemClock, systemTimers } from "../time.ts";
import { type Announcing, announce } from "./announcing.ts";
import { createIndexing } from "./indexing.ts";
import { createLeaf, type Leaf } from "./leaf.ts";
import { directoryBytes } from "./memory.ts";
import { openReplicaWith } from "./open-replica.ts";
import { createSnapshotStore } from "./snapshot-store.ts";

/** `hedgerow leaf`: serves until `stopped` resolves, then finishes what it has taken. */
export async function runLeaf(args: string[], io: ServiceIo): Promise<number> {
  const config = configOrExitCode("leaf", args, io);
  if (typeof config === "number") return config;
  const exposed =
    missingFiles(config) ?? exposureProblem({ ...config, guarded: config.linkCert !== "", fix: "give --link-cert" });
  if (exposed !== undefined) {
    io.stderr(`${exposed}\n`);
    return 2;
  }
  const misfit = joiningProblem(config);
  if (misfit !== undefined) {
    io.stderr(`${misfit}\n`);
    return 2;
  }
  // A file that is mistyped would keep it from joining for ever; later on it may be away for a moment.
  if (config.keyFile !== "") await tokenIn(config.keyFile);
  // It could serve without, and nobody would know before a start that fetches everything anew.
  const directory = await io.askForDirectory(config.data, "leaf");
  if (directory.kind !== "taken") throw new HedgerowError("storage_unavailable", directory.detail);
  const indexing = createIndexing({ threads: config.indexingThreads });
  const files = linkFiles(config);
  const opened = { timers: systemTimers, log: () => leaf.app.log };
  const certificates = files === undefined ? undefined : openCertificates(files, opened);
  const leaf = startLeaf(config, indexing, certificates);
  const url = await leaf.listen({ host: config.host, port: config.port });
  const announcing = joinRoots(config, leaf, url);
  io.tellListening({ role: "leaf", url });
  await io.stopped;
  if (config.drainMs > 0) await announcing?.leave(config.drainMs);
  announcing?.stop();
  await leaf.close();
  if (config.drainMs > 0) await announcing?.end();
  await indexing.close();
  certificates?.close();
  directory.release();
  return 0;
}

const anyHost = ["0.0.0.0", "::", "[::]"];

/** Why a leaf with these settings could not join: what is missing, and what to do about it. */
function joiningProblem({ join, name, host, advertise }: Config): string | undefined {
  if (join.length === 0) return undefined;
  if (name === "") return "--name: must be given with --join, since a leaf finds its place again by its name";
  if (advertise === "" && anyHost.includes(host)) {
    return `--advertise: must be given with --join where --host is ${host}, as the URL at which roots reach this leaf`;
  }
  return undefined;
}

function joinRoots(config: Config, leaf: Leaf, url: string): Announcing | undefined {
  const { join: roots, name, zone, advertise, keyFile } = config;
  if (roots.length === 0) return undefined;
  return announce({
    roots,
    leaf: { name, ...(zone === "" ? {} : { zone }), url: advertise || url, life: leaf.bootId },
    ...(keyFile === "" ? {} : { token: () => tokenIn(keyFile) }),
    held: () => leaf.replicas.states().length,
    clock: systemClock,
    timers: systemTimers,
    log: leaf.app.log,
  });
}

/** The token that a leaf joins with, as it stands now. Throws where the file cannot be read. */
async function tokenIn(keyFile: string): Promise<string> {
  const text = await readFile(keyFile, "utf8").catch((error: unknown) => {
    throw new UnreadFile(error, { flag: "--key-file", path: keyFile });
  });
  return text.trim();
}

type Indexing = ReturnType<typeof createIndexing>;

function startLeaf(config: Config, indexing: Indexing, certificates: Certificates | undefined): Leaf {
  const store = createSnapshotStore(join(config.data, "replicas"));
  const log = { warn: (fields: object, message: string): void => leaf.app.log.warn(fields, message) };
  const leaf = createLeaf({
    name: config.name || "leaf",
    ...(config.zone === "" ? {} : { zone: config.zone }),
    openReplica: openReplicaWith(indexing, { store, log }),
    retain: (wanted) => store.retain(wanted),
    clock: systemClock,
    timers: systemTimers,
    queueLimit: config.queueMax,
    log: { level: config.logLevel },
    memoryBytesMax: memoryLimitBytes(config.memoryBytesMax),
    keptBytes: (address) => directoryBytes(store.directoryOf(address)),
    connectionsMax: config.connectionsMax,
    ownNamesOnly: certificates === undefined && !config.insecure && isLoopback(config.host),
    ...(certificates === undefined ? {} : { certificates }),
  });
  return leaf;
}
