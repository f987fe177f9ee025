import type { DemoDocument } from "../../../data/corpus.ts";
import { systemClock } from "../../../src/time.ts";
import { pidsOf } from "../../driver/child-group.ts";
import { addDocuments } from "../../driver/live-cluster.ts";
import { processorMs, untilCalm } from "../../driver/processor-time.ts";
import type { ScaleCluster } from "./cluster.ts";
import { next } from "./growing-corpus.ts";

/** What it took to take documents in. */
export type Loading = {
  documents: number;
  /** Until all of them could be found on every replica. */
  documentsPerSecond: number;
  /** Processor time, until the leaves had merged their segments. */
  rootMsPerDocument: number;
  leafMsPerDocument: number;
};

export type LoadPlan = {
  index: string;
  /** Where the documents come from; `count` are taken. */
  documents: Iterator<DemoDocument>;
  count: number;
  calmWindowMs: number;
  onProgress(loaded: number): void;
  signal: AbortSignal;
};

/** Loaded at once; then the load waits until they can be found, so that leaves do not fall behind by minutes. */
const stretchDocuments = 100_000;
const progressEvery = 2_000;

/** Loads documents and waits until the cluster has settled. Rejects soon after the signal is raised. */
export async function loadDocuments(cluster: ScaleCluster, plan: LoadPlan): Promise<Loading> {
  const { count, calmWindowMs } = plan;
  const pids = { roots: pidsOf(cluster.roots), leaves: pidsOf(cluster.leaves) };
  const before = { roots: await processorMs(pids.roots), leaves: await processorMs(pids.leaves) };
  const startMs = systemClock.nowMs();
  const counted = countedFrom(plan);
  for (let from = 0; from < count; from += stretchDocuments) {
    const documents = next(counted, Math.min(stretchDocuments, count - from));
    await addDocuments({ url: cluster.url, index: plan.index }, { documents, signal: plan.signal });
  }
  const tookMs = systemClock.nowMs() - startMs;
  await untilCalm([...pids.roots, ...pids.leaves], calmWindowMs);
  return {
    documents: count,
    documentsPerSecond: (count * 1000) / tookMs,
    rootMsPerDocument: ((await processorMs(pids.roots)) - before.roots) / count,
    leafMsPerDocument: ((await processorMs(pids.leaves)) - before.leaves) / count,
  };
}

function* countedFrom({ documents, count, onProgress }: LoadPlan): Generator<DemoDocument> {
  let loaded = 0;
  for (const document of next(documents, count)) {
    yield document;
    if (++loaded % progressEvery === 0) onProgress(loaded);
  }
}
