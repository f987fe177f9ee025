import { createIndex } from "../../driver/live-cluster.ts";
import type { ScaleCluster } from "./cluster.ts";
import { joined, type Round, type Row } from "./figures.ts";
import type { Loading } from "./load-documents.ts";
import { ask, fill, type Stage } from "./stage.ts";
import { inTurns } from "./turns.ts";

/** What is measured beside others: an index, or some of the roots before one. */
export type Contender = {
  what: string;
  index: string;
  shards: number;
  replicas: number;
  roots: number;
  loading: Loading;
};

/** Creates an index for each layout on the same leaves and fills it, one after the other. */
export async function fillAll(
  stage: Stage,
  cluster: ScaleCluster,
  layouts: readonly { what: string; shards: number; replicas: number; documents: number }[],
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const { what, shards, replicas, documents } of layouts) {
    const index = `scale-${contenders.length + 1}`;
    await stage.step(createIndex({ url: cluster.url, index }, { shards, replicas }));
    const loading = await fill(stage, cluster, { index, documents: stage.documents(), count: documents, what });
    contenders.push({ what, index, shards, replicas, roots: 1, loading });
  }
  return contenders;
}

/** Asks all of them in turn, once each without counting it. They share leaves, so what they hold is not told apart. */
export async function askInTurns(
  stage: Stage,
  cluster: ScaleCluster,
  contenders: readonly Contender[],
): Promise<Row[]> {
  const { warmUpMs, rounds, roundMs } = stage.sizes;
  for (const { index, roots, what } of contenders) {
    stage.say(`${what}: warming up`);
    await ask(stage, cluster, { index, roots, durationMs: warmUpMs });
  }
  const played = contenders.map((contender): { contender: Contender; rounds: Round[] } => ({ contender, rounds: [] }));
  for (const { one, round } of inTurns(played, rounds)) {
    const { index, roots, what } = one.contender;
    stage.say(`${what}: round ${round} of ${rounds}`);
    one.rounds.push(await ask(stage, cluster, { index, roots, durationMs: roundMs }));
  }
  return played.map(({ contender: { shards, replicas, roots, loading }, rounds: own }) => {
    const layout = { shards, replicas, roots, documents: loading.documents };
    return { ...layout, ...joined(own), loading, leafMemoryBytes: undefined };
  });
}
