import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { demoDocumentCount, demoDocuments } from "../../../data/corpus.ts";
import { asList, asNumber, asRecord } from "../../../src/command/answers.ts";
import { systemClock } from "../../../src/time.ts";
import { addDocuments, createIndex, indexName } from "../../driver/live-cluster.ts";
import { unlessStopped } from "../../driver/unless-stopped.ts";
import { readCollection } from "../../relevance/collection.ts";
import { evaluate } from "../../relevance/evaluate.ts";
import { IndexClient } from "../../relevance/index-client.ts";
import { startLocalCluster } from "../../relevance/local-cluster.ts";
import { ownDirectory, type Target } from "./target.ts";

/** As it starts for a new user: four leaves, four shards, two replicas of each. */
const layout = { shards: 4, replicas: 2, leaves: 4, zones: 2, documentsPerShard: demoDocumentCount / 4 };
const usualBm25 = { k1: 1.2, b: 0.75 };

/** A cluster in a directory of its own; `stop` leaves nothing of either. */
type OwnCluster = { url: string; directory: string; stop(): Promise<void> };

async function startOwnCluster(signal: AbortSignal): Promise<OwnCluster> {
  const { directory, remove } = await ownDirectory();
  try {
    const cluster = await startLocalCluster(directory, ["--log-level", "error"], signal);
    const stop = (): Promise<void> => cluster.stop().finally(remove);
    return { url: cluster.url, directory, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Ours, filled with the demo corpus over its API, with nothing answered from a cache. Nothing of it is left where it
 * rejects, as it does when `signal` is raised.
 */
export async function startHedgerow(signal: AbortSignal): Promise<Target> {
  const { url, directory, stop } = await startOwnCluster(signal);
  try {
    const documents = [...demoDocuments()];
    const startMs = systemClock.nowMs();
    const target = { url, index: indexName };
    await createIndex(target, layout);
    await unlessStopped(addDocuments(target, { documents, signal }), signal);
    const indexMs = systemClock.nowMs() - startMs;
    const processes = asList(asRecord(JSON.parse(await readFile(join(directory, "up.json"), "utf8"))).processes).map(
      asRecord,
    );
    const pidsOf = (role?: string): number[] =>
      processes.filter((one) => role === undefined || one.role === role).flatMap(({ pid }) => asNumber(pid) ?? []);
    return {
      name: "Hedgerow",
      url,
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
export async function hedgerowQuality(directory: string, signal: AbortSignal): Promise<number> {
  const { url, stop } = await startOwnCluster(signal);
  try {
    const client = new IndexClient(url, "judged");
    const { shards, replicas } = layout;
    const settings = { shards, replicas, ...usualBm25, language: "en" };
    const { ndcg10 } = await unlessStopped(evaluate(await readCollection(directory), client, settings), signal);
    return ndcg10;
  } finally {
    await stop();
  }
}
