import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, startUp, type UpCluster } from "../support/up.ts";

const flags = ["--no-demo", "--leaves", "2", "--shards", "2", "--replicas", "2", "--zones", "1", "--log-level", "warn"];
const documents = Array.from({ length: 500 }, (_, i) => ({
  id: `d${String(i).padStart(4, "0")}`,
  title: `word${i % 7} common`,
  body: `text${i % 13} number ${i}`,
}));

let directory = "";
let cluster: UpCluster | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-restart-"));
});
afterAll(async () => {
  await cluster?.stop();
  await rm(directory, { recursive: true });
});

async function start(): Promise<UpCluster> {
  cluster = await startUp(flags, directory);
  return cluster;
}

async function answer({ request }: UpCluster, after?: unknown): Promise<unknown> {
  const query = { query: "common word3 text5", size: 50, budgetMs: 20_000, ...(after === undefined ? {} : { after }) };
  const { body } = await request("POST", "/v1/indexes/books/search", query);
  const { hits, total, complete, statistics } = body;
  return { hits, total, complete, statistics };
}

async function isBack({ request }: UpCluster): Promise<boolean> {
  // A root that has just started knows of no index, or of one shard's words alone, and says so here.
  if ((await request("GET", "/readyz")).status !== 200) return false;
  const { body } = await request("GET", "/v1/cluster");
  return !JSON.stringify(body).includes("unreachable") && !JSON.stringify(body).includes("catching-up");
}

async function snapshotFiles(): Promise<string[]> {
  const found: string[] = [];
  for (const leaf of ["leaf-1", "leaf-2"]) {
    const entries = await readdir(join(directory, leaf, "replicas"), { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isFile()) found.push(join(entry.parentPath, entry.name));
  }
  return found;
}

describe("a cluster that is stopped and started", () => {
  it("answers as before, from its snapshots, from a damaged one, and from what was written since", async () => {
    const first = await start();
    await first.request("PUT", "/v1/indexes/books", { fields: { title: { type: "text" }, body: { type: "text" } } });
    await first.request("POST", "/v1/indexes/books/documents", documents);
    const deleted = await first.request("DELETE", "/v1/indexes/books/documents/d0003");
    const before = await answer(first, deleted.body.token);
    expect(await first.stop()).toBe(0);
    const files = await snapshotFiles();
    expect(files.filter((file) => file.endsWith("manifest"))).toHaveLength(4);

    const damaged = files.find((file) => file.includes("leaf-1") && !file.endsWith("manifest")) ?? "";
    const bytes = await readFile(damaged);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
    await writeFile(damaged, bytes);

    const second = await start();
    await eventually("every replica is back", () => isBack(second));
    for (let i = 0; i < 8; i++) expect(await answer(second)).toEqual(before);
    const written = await second.request("PUT", "/v1/indexes/books/documents/d0003", documents[3]);
    const after = await answer(second, written.body.token);
    expect(after).not.toEqual(before);
    const leaves = (await second.processes()).filter(({ name }) => name !== "root");
    for (const { pid } of leaves) process.kill(pid, "SIGKILL");
    // A query that was under way on both as they died would be taken for the one that killed them.
    await eventually("the killed leaves are back", async () => {
      const now = await second.processes();
      const others = leaves.every(({ pid, name }) => now.some((other) => other.name === name && other.pid !== pid));
      return others && (await isBack(second));
    });
    for (let i = 0; i < 8; i++) expect(await answer(second)).toEqual(after);
  });

  it("frees the disk of an index that is dropped", async () => {
    await cluster?.request("DELETE", "/v1/indexes/books");
    await eventually("its files are gone", async () => (await snapshotFiles()).length === 0);
  });
});
