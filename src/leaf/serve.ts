import { join } from "node:path";
import type { CommandIo } from "../command/io.ts";
import { type Config, configOrExitCode } from "../config.ts";
import { exposureProblem } from "../security/exposure.ts";
import { systemClock, systemTimers } from "../time.ts";
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
  const indexing = createIndexing({ threads: config.indexingThreads });
  const leaf = startLeaf(config, indexing);
  const url = await leaf.listen({ host: config.host, port: config.port });
  process.send?.({ listening: url });
  await io.stopped;
  await leaf.close();
  await indexing.close();
  return 0;
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
