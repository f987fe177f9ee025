import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { systemClock } from "../../src/time.ts";
import { eventually, startUp, type UpCluster } from "../support/up.ts";

const names = Array.from({ length: 300 }, (_, i) => `small-${i}`);
const documents = Array.from({ length: 50 }, (_, i) => ({
  id: `d${i}`,
  title: `word${i % 17} common`,
  body: `text${i} number ${i}`,
}));
const settings = { fields: { title: { type: "text" }, body: { type: "text" } }, shards: 2, replicas: 2 };
const clients = 8;
/** What an index of two shards, twice each, may take in all processes together: some two hundred kilobytes a replica. */
const bytesPerIndexMax = 3 << 20;

it(`${names.length} small indexes are made, searched and dropped, and their disk is given back`, async () => {
  const flags = ["--leaves", "2", "--zones", "1", "--log-level", "error"];
  const cluster = await startUp(["--no-demo", ...flags]);
  try {
    const empty = await memoryBytes(cluster);
    const startMs = systemClock.nowMs();
    await live(cluster);
    const tookMs = systemClock.nowMs() - startMs;
    const full = await memoryBytes(cluster);
    await drop(cluster);
    const perIndex = Math.round((full - empty) / names.length);
    console.log(
      `${names.length} indexes in ${Math.round(tookMs / 1000)} s, ${Math.round(perIndex / 1024)} KiB of memory each`,
    );
    expect(perIndex).toBeLessThan(bytesPerIndexMax);
  } finally {
    await cluster.stop();
  }
});

/** Makes all indexes, fills them, and finds everything in each. */
async function live({ request }: UpCluster): Promise<void> {
  await forEach(async (name) => {
    expect((await request("PUT", `/v1/indexes/${name}`, settings)).status).toBe(201);
    const { body } = await request("POST", `/v1/indexes/${name}/documents`, documents);
    const query = { query: "common", after: body.token, budgetMs: 30_000 };
    expect(await request("POST", `/v1/indexes/${name}/search`, query)).toMatchObject({
      status: 200,
      body: { complete: true, total: { value: documents.length, exact: true } },
    });
  });
}

/** Drops all indexes, and waits until nothing of them is left on the leaves and next to nothing in the log. */
async function drop({ request, directory, processes }: UpCluster): Promise<void> {
  await forEach(async (name) => expect((await request("DELETE", `/v1/indexes/${name}`)).status).toBe(200));
  const leaves = (await processes()).filter(({ role }) => role === "leaf");
  for (const { name, url } of leaves) {
    await eventually(`${name} holds nothing`, async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const held = metrics.split("\n").filter((line) => /^hedgerow_leaf_replicas\b.* [1-9]/.test(line));
      return held.length === 0 && filesBelow(join(directory, name, "replicas")) === 0;
    });
  }
  const log = join(directory, "changes.db");
  await eventually("the log has given its disk back", async () => statSync(log).size < logBytesMax, 60_000);
}

/** Snapshots come only after a while: there may be no place for them yet. */
function filesBelow(directory: string): number {
  return existsSync(directory) ? readdirSync(directory).length : 0;
}

/** The file's own minimum of free pages, and its empty tables. */
const logBytesMax = 8 << 20;

async function forEach(work: (name: string) => Promise<unknown>): Promise<void> {
  const waiting = [...names];
  const client = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await work(name);
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** What all processes have in memory. */
async function memoryBytes({ processes }: UpCluster): Promise<number> {
  let sum = 0;
  for (const { pid } of await processes()) {
    const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    sum += Number(kibibytes) * 1024;
  }
  return sum;
}
