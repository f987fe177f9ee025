import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type DemoDocument, demoSettings } from "../../data/corpus.ts";
import { importLines } from "../../src/command/bulk-import.ts";
import { accepted, createClient } from "../../src/command/client.ts";
import { waitUntilFilled, waitUntilSearchable } from "../../src/command/searchable.ts";
import type { Layout } from "../../src/simulator/scenario.ts";
import { systemRandom, systemTimers, type Timers } from "../../src/time.ts";
import { type Child, startChild } from "./child.ts";
import { createChildGroup } from "./child-group.ts";
import { dataOf, startLeafProcess, startRootProcess } from "./role-process.ts";

export type LiveLeaf = { index: number; zone: string; child: Child; data: string; proxy: Child | undefined };

/** A root and leaves, all processes of their own, and what can be done to them. */
export type LiveCluster = {
  url: string;
  index: string;
  root: Child;
  leaves: readonly LiveLeaf[];
  stop(): Promise<void>;
};

export type LiveClusterPlan = {
  layout: Layout;
  /** Scenario and variant, whose policies the root runs. */
  scenario: string;
  variant: string;
  /** Leaves that the root reaches through a proxy. */
  proxied: readonly number[];
  directory: string;
  seed: number;
  timers: Timers;
  /** Whether root and leaves are started to be inspected. */
  inspect: boolean;
};

export const indexName = "demo";
const proxyProgram = fileURLToPath(new URL("../faults/proxy-main.ts", import.meta.url));

/** Starts the processes, empty. Whatever fails, none of them is left. */
export async function startLiveCluster(plan: LiveClusterPlan): Promise<LiveCluster> {
  const { layout, directory, timers, inspect } = plan;
  await mkdir(directory, { recursive: true });
  const { keep, stop } = createChildGroup(directory);
  try {
    const leaves: LiveLeaf[] = await Promise.all(
      Array.from({ length: layout.leaves }, async (_, index) => startLeaf(plan, index, keep)),
    );
    const leafUrls = leaves.map(({ child, proxy, zone }) => `${child.name}@${zone}=${(proxy ?? child).url}`).join(",");
    const policiesOf = { scenario: plan.scenario, variant: plan.variant };
    const root = keep(await startRootProcess({ name: "root", directory, timers, inspect }, { leafUrls, policiesOf }));
    return { url: root.url, index: indexName, root, leaves, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startLeaf(
  { layout, proxied, directory, seed, timers, inspect }: LiveClusterPlan,
  index: number,
  keep: (child: Child) => Child,
): Promise<LiveLeaf> {
  const name = `leaf-${index + 1}`;
  const zone = `zone-${index % layout.zones}`;
  const data = dataOf({ name, directory });
  const child = keep(await startLeafProcess({ name, directory, timers, inspect }, { zone }));
  if (!proxied.includes(index)) return { index, zone, child, data, proxy: undefined };
  const behind = new URL(child.url);
  const proxyArgs = [behind.hostname, behind.port, String(seed * 100 + index)];
  const proxy = keep(
    await startChild({ name: `way to ${name}`, program: proxyProgram, args: () => proxyArgs, timers }),
  );
  return { index, zone, child, data, proxy };
}

/** Creates the index and loads the documents. Resolves when all of them can be found on every replica. */
export async function fillCluster(
  cluster: Pick<LiveCluster, "url">,
  layout: Layout,
  documents: Iterable<DemoDocument>,
): Promise<void> {
  const target = { url: cluster.url, index: indexName };
  await createIndex(target, layout);
  await addDocuments(target, { documents });
}

/** An index of a cluster. */
export type IndexTarget = { url: string; index: string };

/** Creates an empty index with the demo's fields. Throws a `RequestRefused` where that is refused. */
export async function createIndex(
  { url, index }: IndexTarget,
  { shards, replicas }: Pick<Layout, "shards" | "replicas">,
): Promise<void> {
  const json = { ...demoSettings, shards, replicas };
  accepted(await createClient(url).request(`/v1/indexes/${index}`, { method: "PUT", json }));
}

/** Loads documents. Resolves when all of them can be found on every replica; rejects soon after `signal` is raised. */
export async function addDocuments(
  { url, index }: IndexTarget,
  { documents, signal }: { documents: Iterable<DemoDocument>; signal?: AbortSignal },
): Promise<void> {
  const target = { client: createClient(url), index, timers: systemTimers, random: systemRandom };
  const stopping = signal === undefined ? {} : { signal };
  const { token } = await importLines(target, { source: linesOf(documents), parallelism: 2, ...stopping });
  const isThere = await waitUntilSearchable(target, token);
  if (!isThere) throw new Error("the documents that were loaded could not all be found");
  if (!(await waitUntilFilled(target))) throw new Error("not every replica has the documents that were loaded");
}

/** Documents as lines of JSON, some at a time. */
export function* linesOf(documents: Iterable<DemoDocument>): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let lines = "";
  for (const document of documents) {
    lines += `${JSON.stringify(document)}\n`;
    if (lines.length < 100_000) continue;
    yield encoder.encode(lines);
    lines = "";
  }
  if (lines !== "") yield encoder.encode(lines);
}
