import type { App } from "../http/app.ts";
import { type Certificates, rootProblem } from "../security/certificates.ts";
import { foreignNameProblem } from "../security/exposure.ts";
import type { LogLevel, LogStream } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { afterPoll, type Clock, sleep, type Timers } from "../time.ts";
import { createLeafApp } from "./app.ts";
import { createCalls, type LeafMemory, type Retain } from "./calls.ts";
import { faultLine } from "./fault-line.ts";
import { acceptLinks } from "./link.ts";
import { createMemoryGuard } from "./memory.ts";
import { meterCalls, meterSearches, showLeaf } from "./meters.ts";
import { createReplicas, type OpenReplica, type Replicas } from "./replicas.ts";
import { createSearchQueue, searchQueueDefaults } from "./search-queue.ts";

export type LeafOptions = {
  name: string;
  zone?: string;
  openReplica: OpenReplica;
  /** Frees what is kept on the disk of indexes that are gone. */
  retain?: Retain;
  clock: Clock;
  timers: Timers;
  /** Searches that may wait before more are refused. */
  queueLimit?: number;
  log: { level: LogLevel; stream?: LogStream };
  /** Also show the runtime's own metrics. */
  runtimeMetrics?: boolean;
  /** The certificates of roots and leaves; without them whoever reaches the port is taken for a root. */
  certificates?: Certificates;
  /** Serves only who calls it by this machine's own names. */
  ownNamesOnly?: boolean;
  /** What the leaf may take up; without it there is no limit. */
  memoryBytesMax?: number;
  /** The bytes that a replica has on the disk. */
  keptBytes?: LeafMemory["keptBytes"];
  /** Connections that are taken at once; 0: what the open files allow. */
  connectionsMax?: number;
};

/** One leaf: its replicas, the queue that searches them, and the port that both links and people come to. */
export type Leaf = {
  readonly app: App;
  readonly replicas: Replicas;
  readonly links: { readonly size: number };
  readonly bootId: string;
  /** Begins to serve; resolves with the URL. Port 0 takes any free one. */
  listen(at: { host: string; port: number }): Promise<string>;
  /** Tells roots to go elsewhere, finishes what it has within `drainMs`, then lets go of everything. */
  close(drainMs?: number): Promise<void>;
};

const drainDefaultMs = 1000;
const drainStepMs = 10;

/** Puts a leaf together. Nothing is served before `listen`. */
export function createLeaf({
  name,
  zone,
  openReplica,
  retain,
  clock,
  timers,
  queueLimit,
  log,
  runtimeMetrics,
  certificates,
  ownNamesOnly = false,
  memoryBytesMax,
  keptBytes,
  connectionsMax = 0,
}: LeafOptions): Leaf {
  const bootId = crypto.randomUUID();
  const metrics = createMetrics({ runtime: runtimeMetrics ?? true });
  const replicas = createReplicas(openReplica);
  const heldSizes = (): number[] => replicas.status().map(({ sizeBytes }) => sizeBytes);
  const memory =
    memoryBytesMax === undefined
      ? undefined
      : { guard: createMemoryGuard(memoryBytesMax, heldSizes), keptBytes: keptBytes ?? (async () => 0) };
  const searches = createSearchQueue({
    resolve: replicas.resolve,
    clock,
    meter: meterSearches(metrics),
    schedule: afterPoll,
    onFault: (fault) => app.log.error(faultLine(fault), "search fell over"),
    settings: { ...searchQueueDefaults, waitingMax: queueLimit ?? searchQueueDefaults.waitingMax },
  });
  const transport = certificates === undefined ? {} : { transport: { certificates, callers: "ask" } as const };
  const limits = connectionsMax === 0 ? {} : { limits: { connectionsMax } };
  const app = createLeafApp({
    replicas,
    searches,
    metrics,
    clock,
    timers,
    log: { ...log, name },
    ...transport,
    ownNamesOnly,
    ...limits,
  });
  const lateCancels = metrics.counter("hedgerow_leaf_cancels_late_total", {});
  const links = acceptLinks({
    server: app.server,
    identity: zone === undefined ? { name, bootId } : { name, bootId, zone },
    service: {
      searches,
      onGone: replicas.leave,
      call: meterCalls(createCalls(replicas, retain, memory), { metrics, clock }),
      onLateCancel: () => lateCancels.inc(),
    },
    clock,
    log: app.log,
    refuseCaller({ socket, headers }) {
      if (certificates !== undefined) return rootProblem(socket);
      return ownNamesOnly ? foreignNameProblem(headers.host, "certificates") : undefined;
    },
  });
  showLeaf(metrics, { replicas, searches, links });

  return {
    app,
    replicas,
    links,
    bootId,
    async listen(at) {
      const url = await app.listen(at);
      return certificates === undefined ? url : url.replace("http:", "https:");
    },
    async close(drainMs = drainDefaultMs) {
      links.leave();
      const endMs = clock.nowMs() + drainMs;
      while (searches.length > 0 && clock.nowMs() < endMs) await sleep(drainStepMs, timers);
      links.close();
      await app.close();
      await replicas.closeAll();
    },
  };
}
