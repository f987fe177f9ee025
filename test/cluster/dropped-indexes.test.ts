import { expect, it } from "vitest";
import { collectGarbage } from "../../load/bench/collect-garbage.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { readExposition } from "../support/exposition.ts";

const names = Array.from({ length: 16 }, (_, i) => `small-${i}`);
const documents = Array.from({ length: 50 }, (_, i) => ({ id: `d${i}`, title: `word${i % 17} common` }));
const settings = { fields: { title: { type: "text" } }, shards: 2, replicas: 2 };
const lives = 2;
const clients = 8;

it("leave nothing in memory: the same ones made again take no more than the first", async () => {
  const cluster = await startCluster({ leaves: 2 });
  try {
    // The first time code is loaded and compiled, which stays.
    await makeAll(cluster);
    await dropAll(cluster);
    const empty = memoryBytes();
    await makeAll(cluster);
    const taken = memoryBytes() - empty;
    await dropAll(cluster);
    for (let life = 1; life < lives; life++) {
      await makeAll(cluster);
      await dropAll(cluster);
    }
    expect(taken).toBeGreaterThan(0);
    await expect.poll(() => memoryBytes() - empty).toBeLessThan(taken / 2);
  } finally {
    await cluster.close();
  }
});

async function makeAll({ request }: TestCluster): Promise<void> {
  await forEach(async (name) => {
    expect((await request("PUT", `/v1/indexes/${name}`, settings)).status).toBe(201);
    const { body } = await request("POST", `/v1/indexes/${name}/documents`, documents);
    const query = { query: "common", after: body.token, budgetMs: 30_000, cache: false };
    expect(await request("POST", `/v1/indexes/${name}/search`, query)).toMatchObject({
      status: 200,
      body: { total: { value: documents.length, exact: true } },
    });
  });
}

/** Replicas are let go once the searches that they were sent have ended. */
async function dropAll({ request, leafUrls }: TestCluster): Promise<void> {
  await forEach(async (name) => expect((await request("DELETE", `/v1/indexes/${name}`)).status).toBe(200));
  for (const leaf of leafUrls) await expect.poll(() => replicas(leaf)).toBe(0);
}

async function replicas(leaf: string): Promise<number> {
  const { families } = readExposition(await (await fetch(`${leaf.split("=")[1]}/metrics`)).text());
  const { samples = [] } = families.get("hedgerow_leaf_replicas") ?? {};
  expect(samples).not.toEqual([]);
  return samples.reduce((sum, { value }) => sum + value, 0);
}

async function forEach(work: (name: string) => Promise<unknown>): Promise<void> {
  const waiting = [...names];
  const client = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await work(name);
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** What is in use once all garbage is gone. */
function memoryBytes(): number {
  for (let i = 0; i < 2; i++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
