import { expect } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { eventually, type UpCluster } from "./up.ts";

/** Small documents that share words, so that a query of two finds some in every shard. */
export const wordDocuments = Array.from({ length: 400 }, (_, i) => ({
  id: `d${String(i).padStart(4, "0")}`,
  title: `word${i % 7} common`,
  body: `text${i % 13} number ${i}`,
}));

export const wordQuery = { query: "common word3 text5", size: 20, budgetMs: 2000, cache: false };

/** Makes the index `demo` of them and waits until every replica can be asked. */
export async function loadWords(cluster: Pick<UpCluster, "request">): Promise<void> {
  const fields = { title: { type: "text" }, body: { type: "text" } };
  await cluster.request("PUT", "/v1/indexes/demo", { fields });
  const written = await cluster.request("POST", "/v1/indexes/demo/documents", wordDocuments);
  expect(written).toMatchObject({ status: 200, body: { accepted: wordDocuments.length, rejected: [] } });
  await eventually("all documents are found", async () => {
    const found = await cluster.request("POST", "/v1/indexes/demo/search", { size: 0, budgetMs: 5000 });
    return JSON.stringify(found.body.total) === JSON.stringify({ value: wordDocuments.length, exact: true });
  });
  await allReady(cluster);
}

/** Waits until a root's scores rest on all of them. */
export async function allWeighed(cluster: Pick<UpCluster, "request">, limitMs?: number): Promise<void> {
  const weighed = async (): Promise<boolean> => {
    const { body } = await cluster.request("POST", "/v1/indexes/demo/search", { cache: false });
    return isRecord(body.statistics) && body.statistics.documents === wordDocuments.length;
  };
  await eventually("every word is weighed", weighed, limitMs);
}

/** Waits until no replica is unreachable, catching up or out of rotation. */
export async function allReady(cluster: Pick<UpCluster, "request">, limitMs?: number): Promise<void> {
  const standing = async (): Promise<boolean> => {
    const shards = await shardMap(cluster);
    return shards.every(({ states }) => states.every((state) => state !== "unreachable" && state !== "catching-up"));
  };
  await eventually("all replicas can be asked", standing, limitMs);
}

export type MappedShard = { documents: number; leaves: string[]; states: string[] };

/** The shards of `demo` as the root sees them. */
export async function shardMap(cluster: Pick<UpCluster, "request">): Promise<MappedShard[]> {
  const { body } = await cluster.request("GET", "/v1/cluster");
  const index = listOf(body.indexes).find((one) => one.index === "demo");
  return listOf(index?.shards).map(({ documents, replicas }) => ({
    documents: Number(documents),
    leaves: listOf(replicas).map(({ leaf }) => String(leaf)),
    states: listOf(replicas).map(({ state }) => String(state)),
  }));
}

/** The process ids of leaves by their names. */
export async function leafPids(cluster: UpCluster, names: readonly string[]): Promise<number[]> {
  return (await cluster.processes()).filter(({ name }) => names.includes(name)).map(({ pid }) => pid);
}

export function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
