import type { ClusterAnswer } from "./answers.ts";

/** The cluster at one instant: what is drawn over time. A gap is `null`. */
export type Sample = {
  atS: number;
  p50Ms: number | null;
  p99Ms: number | null;
  p999Ms: number | null;
  searchesPerS: number | null;
  hedgeRate: number | null;
};

/** A replica whose state is no longer what it was. */
export type Change = { index: string; shard: number; leaf: string; from: string; to: string };

const samplesMax = 600;

/** The last samples of a cluster, and what changed from one report to the next. */
export class History {
  readonly samples: Sample[] = [];
  #last: { report: ClusterAnswer; atMs: number } | undefined;

  /** Takes a report of the cluster as it is at `atMs` of a monotonic clock; what has changed since the one before. */
  take(report: ClusterAnswer, atMs: number): Change[] {
    const before = this.#last;
    this.#last = { report, atMs };
    this.samples.push(sampleFrom(report, atMs, before));
    if (this.samples.length > samplesMax) this.samples.shift();
    return before === undefined ? [] : changesBetween(before.report, report);
  }
}

function sampleFrom(
  report: ClusterAnswer,
  atMs: number,
  before: { report: ClusterAnswer; atMs: number } | undefined,
): Sample {
  const { count, p50Ms, p99Ms, p999Ms } = report.latencyMs["10s"];
  const nothing = { p50Ms: null, p99Ms: null, p999Ms: null };
  const sample = { atS: atMs / 1000, ...(count === 0 ? nothing : { p50Ms, p99Ms, p999Ms }) };
  if (before === undefined) return { ...sample, searchesPerS: null, hedgeRate: null };
  const searches = total(report) - total(before.report);
  const attempts = report.hedging.first - before.report.hedging.first;
  const hedges = report.hedging.hedges - before.report.hedging.hedges;
  // Counters begin again with the root.
  if (searches < 0 || attempts < 0 || hedges < 0) return { ...sample, searchesPerS: null, hedgeRate: null };
  const elapsedS = Math.max(0.001, (atMs - before.atMs) / 1000);
  return { ...sample, searchesPerS: searches / elapsedS, hedgeRate: attempts === 0 ? 0 : hedges / attempts };
}

function total({ searches }: ClusterAnswer): number {
  return Object.values(searches).reduce((sum, count) => sum + count, 0);
}

function changesBetween(before: ClusterAnswer, after: ClusterAnswer): Change[] {
  const states = statesOf(before);
  return [...statesOf(after).values()].flatMap((now) => {
    const from = states.get(`${now.index}/${now.shard}/${now.leaf}`)?.to;
    return from === undefined || from === now.to ? [] : [{ ...now, from }];
  });
}

function statesOf({ indexes }: ClusterAnswer): Map<string, Change> {
  const states = indexes.flatMap(({ index, shards }) =>
    shards.flatMap(({ shard, replicas }) =>
      replicas.map(({ leaf, state }) => ({ index, shard, leaf, from: state, to: state })),
    ),
  );
  return new Map(states.map((state) => [`${state.index}/${state.shard}/${state.leaf}`, state]));
}
