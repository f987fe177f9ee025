import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { demoDocumentCount, demoDocuments } from "../../../data/corpus.ts";
import { asList, asNumber, asRecord } from "../../../src/command/answers.ts";
import { systemClock } from "../../../src/time.ts";
import { fillCluster, indexName } from "../../driver/live-cluster.ts";
import { readCollection } from "../../relevance/collection.ts";
import { evaluate } from "../../relevance/evaluate.ts";
import { IndexClient } from "../../relevance/index-client.ts";
import { startLocalCluster } from "../../relevance/local-cluster.ts";
import { ownDirectory, type Target } from "./target.ts";

/** As it starts for a new user: four leaves, four shards, two replicas of each. */
const layout = { shards: 4, replicas: 2, leaves: 4, zones: 2, documentsPerShard: demoDocumentCount / 4 };
const usualBm25 = { k1: 1.2, b: 0.75 };

/** Ours, filled with the demo corpus over its API, with nothing answered from a cache. */
export async function startHedgerow(): Promise<Target> {
  const { directory, remove } = await ownDirectory();
  const cluster = await startLocalCluster(directory, ["--log-level", "error"]);
  const stop = async (): Promise<void> => {
    await cluster.stop();
    await remove();
  };
  try {
    const documents = [...demoDocuments()];
    const startMs = systemClock.nowMs();
    await fillCluster(cluster, layout, documents);
    const indexMs = systemClock.nowMs() - startMs;
    const processes = asList(asRecord(JSON.parse(await readFile(join(directory, "up.json"), "utf8"))).processes).map(
      asRecord,
    );
    const pidsOf = (role?: string): number[] =>
      processes.filter((one) => role === undefined || one.role === role).flatMap(({ pid }) => asNumber(pid) ?? []);
    return {
      name: "Hedgerow",
      url: cluster.url,
      path: `/v1/indexes/${indexName}/search`,
      search: { cache: false, returned: ["title"] },
      indexMs,
      pids: pidsOf(),
      mirrorPids: pidsOf("leaf"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Its nDCG@10 on a test collection, with the settings that an index has where none are given. */
export async function hedgerowQuality(directory: string): Promise<number> {
  const own = await ownDirectory();
  try {
    const cluster = await startLocalCluster(own.directory, ["--log-level", "error"]);
    try {
      const client = new IndexClient(cluster.url, "judged");
      const { shards, replicas } = layout;
      const settings = { shards, replicas, ...usualBm25, language: "en" };
      const { ndcg10 } = await evaluate(await readCollection(directory), client, settings);
      return ndcg10;
    } finally {
      await cluster.stop();
    }
  } finally {
    await own.remove();
  }
}
