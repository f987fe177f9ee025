import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DemoDocument, demoSettings } from "../../data/corpus.ts";
import { importLines } from "../../src/command/bulk-import.ts";
import { accepted, createClient } from "../../src/command/client.ts";
import { waitUntilSearchable } from "../../src/command/searchable.ts";
import type { Layout } from "../../src/simulator/scenario.ts";
import { systemRandom, systemTimers, type Timers } from "../../src/time.ts";
import { type Child, startChild } from "./child.ts";

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
};

export const indexName = "demo";
const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const rootProgram = fileURLToPath(new URL("./root-main.ts", import.meta.url));
const proxyProgram = fileURLToPath(new URL("../faults/proxy-main.ts", import.meta.url));
const host = "127.0.0.1";

/** Starts the processes, empty. Whatever fails, none of them is left. */
export async function startLiveCluster(plan: LiveClusterPlan): Promise<LiveCluster> {
  const { layout, directory, timers } = plan;
  await mkdir(directory, { recursive: true });
  const started: Child[] = [];
  const keep = (child: Child): Child => {
    started.push(child);
    return child;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.toReversed().map((child) => child.end("asked")));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const leaves: LiveLeaf[] = await Promise.all(
      Array.from({ length: layout.leaves }, async (_, index) => startLeaf(plan, index, keep)),
    );
    const leafUrls = leaves.map(({ child, proxy, zone }) => `${child.name}@${zone}=${(proxy ?? child).url}`).join(",");
    const flags = ["--name", "root", "--host", host, "--data", join(directory, "root"), "--leaf-urls", leafUrls];
    const own = [plan.scenario, plan.variant];
    const args = (port: string): string[] => [...own, ...flags, "--port", port, "--log-level", "error"];
    const root = keep(await startChild({ name: "root", program: rootProgram, args, timers }));
    return { url: root.url, index: indexName, root, leaves, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startLeaf(
  { layout, proxied, directory, seed, timers }: LiveClusterPlan,
  index: number,
  keep: (child: Child) => Child,
): Promise<LiveLeaf> {
  const name = `leaf-${index + 1}`;
  const zone = `zone-${index % layout.zones}`;
  const data = join(directory, name);
  const flags = ["leaf", "--name", name, "--zone", zone, "--data", data, "--host", host, "--log-level", "error"];
  const args = (port: string): string[] => [...flags, "--port", port];
  const child = keep(await startChild({ name, program, args, timers }));
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
  const client = createClient(cluster.url);
  const { shards, replicas } = layout;
  const json = { ...demoSettings, shards, replicas };
  accepted(await client.request(`/v1/indexes/${indexName}`, { method: "PUT", json }));
  const target = { client, index: indexName, timers: systemTimers, random: systemRandom };
  const { token } = await importLines(target, { source: linesOf(documents), parallelism: 2 });
  const isThere = await waitUntilSearchable(target, token);
  if (!isThere) throw new Error("the documents that were loaded could not all be found");
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
