import { join } from "node:path";
import type { CommandIo } from "../command/io.ts";
import { type Config, configOrExitCode } from "../config.ts";
import { exposureProblem } from "../security/exposure.ts";
import { systemClock, systemTimers } from "../time.ts";
import { type Announcing, announce } from "./announcing.ts";
import { createIndexing } from "./indexing.ts";
import { createLeaf, type Leaf } from "./leaf.ts";
import { openReplicaWith } from "./open-replica.ts";
import { createSnapshotStore } from "./snapshot-store.ts";

/** `hedgerow leaf`: serves until `stopped` resolves, then finishes what it has taken. */
export async function runLeaf(args: string[], io: CommandIo & { stopped: Promise<void> }): Promise<number> {
  const config = configOrExitCode("leaf", args, io);
  if (typeof config === "number") return config;
  const exposed = exposureProblem({ ...config, guarded: false, fix: "listen on this machine alone" });
  if (exposed !== undefined) {
    io.stderr(`${exposed}\n`);
    return 2;
  }
  const misfit = joiningProblem(config);
  if (misfit !== undefined) {
    io.stderr(`${misfit}\n`);
    return 2;
  }
  const indexing = createIndexing({ threads: config.indexingThreads });
  const leaf = startLeaf(config, indexing);
  const url = await leaf.listen({ host: config.host, port: config.port });
  const announcing = joinRoots(config, leaf, url);
  process.send?.({ listening: url });
  await io.stopped;
  if (config.drainMs > 0) await announcing?.leave(config.drainMs);
  announcing?.stop();
  await leaf.close();
  if (config.drainMs > 0) await announcing?.end();
  await indexing.close();
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

function joinRoots({ join: roots, name, zone, advertise }: Config, leaf: Leaf, url: string): Announcing | undefined {
  if (roots.length === 0) return undefined;
  return announce({
    roots,
    leaf: { name, ...(zone === "" ? {} : { zone }), url: advertise || url, life: leaf.bootId },
    held: () => leaf.replicas.states().length,
    clock: systemClock,
    timers: systemTimers,
    log: leaf.app.log,
  });
}

function startLeaf(config: Config, indexing: ReturnType<typeof createIndexing>): Leaf {
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
  });
  return leaf;
}
