import { createIndex } from "../../driver/live-cluster.ts";
import { startScaleCluster } from "./cluster.ts";
import { joined, type Round, type Row } from "./figures.ts";
import { ask, fill, leafMemoryBytes, onCluster, type Stage } from "./stage.ts";

const index = "scale";
const layout = { replicas: 1, roots: 1 };

/**
 * One index that grows: what a query costs, what the leaves hold and how fast documents come in, at each size. A row's
 * load is that of the documents that came since the row before.
 */
export function documentRows(stage: Stage): Promise<Row[]> {
  const { counts, shards } = stage.sizes.documents;
  const { leaves, warmUpMs, rounds, roundMs } = stage.sizes;
  return onCluster(startScaleCluster({ leaves, roots: 1 }), async (cluster) => {
    await stage.step(createIndex({ url: cluster.url, index }, { ...layout, shards }));
    const documents = stage.documents();
    const rows: Row[] = [];
    for (const wanted of counts) {
      const what = `documents ${wanted}`;
      const count = wanted - (rows.at(-1)?.documents ?? 0);
      const loading = await fill(stage, cluster, { index, documents, count, what });
      const held = await leafMemoryBytes(cluster);
      stage.say(`${what}: warming up`);
      await ask(stage, cluster, { index, roots: 1, durationMs: warmUpMs });
      const played: Round[] = [];
      for (let round = 1; round <= rounds; round++) {
        stage.say(`${what}: round ${round} of ${rounds}`);
        played.push(await ask(stage, cluster, { index, roots: 1, durationMs: roundMs }));
      }
      rows.push({ ...layout, shards, documents: wanted, ...joined(played), loading, leafMemoryBytes: held });
    }
    return rows;
  });
}
