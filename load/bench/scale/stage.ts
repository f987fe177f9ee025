import type { DemoDocument } from "../../../data/corpus.ts";
import { pidsOf } from "../../driver/child-group.ts";
import { memoryBytes, withChildren } from "../peers/processes.ts";
import type { ScaleCluster } from "./cluster.ts";
import type { Round } from "./figures.ts";
import { type Loading, loadDocuments } from "./load-documents.ts";
import { driveRound } from "./round.ts";
import type { Sizes } from "./sizes.ts";

/** What every part works with. */
export type Stage = {
  sizes: Sizes;
  queries: readonly string[];
  /** The documents from the first on, the same each time. */
  documents(): Iterator<DemoDocument>;
  /** Says what is being done now. */
  say(text: string): void;
  /** Resolves as `work` does, or rejects as soon as nobody wants the run any more. */
  step<T>(work: Promise<T>): Promise<T>;
  /** Raised when nobody wants the run any more. */
  signal: AbortSignal;
};

/** Runs `use` on a cluster, which is gone afterwards whatever happened. */
export async function onCluster<T>(
  starting: Promise<ScaleCluster>,
  use: (cluster: ScaleCluster) => Promise<T>,
): Promise<T> {
  const cluster = await starting;
  try {
    return await use(cluster);
  } finally {
    await cluster.stop();
  }
}

/** Loads the next `count` documents into an index and waits until the cluster has settled. `what` is for the progress. */
export function fill(
  { say, signal, step, sizes: { calmWindowMs } }: Stage,
  cluster: ScaleCluster,
  load: { index: string; documents: Iterator<DemoDocument>; count: number; what: string },
): Promise<Loading> {
  const { what, ...wanted } = load;
  const onProgress = (loaded: number): void => say(`${what}: ${loaded} of ${load.count} documents loaded`);
  say(`${what}: loading ${load.count} documents`);
  return step(loadDocuments(cluster, { ...wanted, calmWindowMs, onProgress, signal }));
}

/** Asks the first `roots` roots of a cluster, all others are idle. */
export function ask(
  { queries, step, sizes: { connections } }: Stage,
  cluster: ScaleCluster,
  { index, roots, durationMs }: { index: string; roots: number; durationMs: number },
): Promise<Round> {
  const target = { roots: cluster.roots.slice(0, roots), leaves: cluster.leaves, index, queries };
  return step(driveRound(target, { connections, durationMs }));
}

/** What the leaves hold in memory. */
export async function leafMemoryBytes({ leaves }: ScaleCluster): Promise<number> {
  return memoryBytes(await withChildren(pidsOf(leaves)));
}
