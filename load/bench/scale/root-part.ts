import { sleep, systemClock } from "../../../src/time.ts";
import type { Child } from "../../driver/child.ts";
import { viewCluster } from "../../driver/cluster-watch.ts";
import { hasNatsServer, startNatsServer } from "../nats-server.ts";
import { startScaleCluster } from "./cluster.ts";
import type { Row } from "./figures.ts";
import { askInTurns, fillAll } from "./side-by-side.ts";
import { onCluster, type Stage } from "./stage.ts";

const knownMsMax = 60_000;
const pollMs = 100;

/**
 * More roots before the same leaves. All run from the start, and some of them are asked: one that is not asked does
 * next to nothing. Roots share a change log, which the embedded one cannot be: without a NATS server on this machine it
 * says loudly that it did not run, and gives undefined.
 */
export async function rootRows(stage: Stage): Promise<Row[] | undefined> {
  if (!hasNatsServer("several roots before the same leaves")) return undefined;
  const server = await startNatsServer();
  try {
    return await measured(stage, server.url);
  } finally {
    await server.remove();
  }
}

function measured(stage: Stage, log: string): Promise<Row[]> {
  const { counts, shards, documents } = stage.sizes.roots;
  const starting = startScaleCluster({ leaves: stage.sizes.leaves, roots: Math.max(...counts), log });
  return onCluster(starting, async (cluster) => {
    const filled = await fillAll(stage, cluster, [{ what: "roots", shards, replicas: 1, documents }]);
    for (const { index } of filled) {
      for (const root of cluster.roots) await stage.step(untilKnown(root, index, documents));
    }
    const contenders = filled.flatMap((one) => counts.map((roots) => ({ ...one, what: `roots ${roots}`, roots })));
    return askInTurns(stage, cluster, contenders);
  });
}

/** Waits until a root that was not written to knows all documents and has every replica. */
async function untilKnown({ name, url }: Child, index: string, documents: number): Promise<void> {
  const untilMs = systemClock.nowMs() + knownMsMax;
  for (;;) {
    const view = await viewCluster(url, index);
    if (view !== undefined && view.documents >= documents && view.unready.length === 0) return;
    if (systemClock.nowMs() > untilMs) throw new Error(`${name} did not know all documents within ${knownMsMax} ms`);
    await sleep(pollMs);
  }
}
