import { readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type DemoDocument,
  demoDocumentCount,
  demoDocuments,
  demoSettings,
  wordnetLicense,
} from "../../data/corpus.ts";
import { systemClock, systemRandom, systemTimers } from "../time.ts";
import { asNumber, asRecord } from "./answers.ts";
import { type ImportTarget, importLines } from "./bulk-import.ts";
import { accepted, type Client } from "./client.ts";
import { makeDirectory } from "./data-directory.ts";
import type { CommandIo } from "./io.ts";
import { formatCount, formatDuration, ProgressBar } from "./progress.ts";
import { countDocuments, waitUntilFilled, waitUntilReady, waitUntilSearchable } from "./searchable.ts";
import { writeWhole } from "./whole-file.ts";

const demoPath = "/v1/indexes/demo";
const chunkBytes = 256 * 1024;

export type DemoOptions = {
  /** Of a cluster; where that asks for keys, with one that may search, write and admin. */
  client: Client;
  /** Where a finished load is remembered, in `demo.json`; made when there is something to load. */
  dataDirectory: string;
  shards: number;
  replicas: number;
  /** What to load, the whole corpus by default. */
  documents?: () => Iterable<DemoDocument>;
  /** How many those are. */
  documentCount?: number;
  /** Gives the load up; it then rejects. */
  signal?: AbortSignal;
};

/** `standing`: all of it was there. `foreign`: an index of that name is somebody's own. */
export type DemoOutcome = { kind: "loaded"; documents: number; tookMs: number } | { kind: "standing" | "foreign" };

/**
 * Loads the demo corpus into the index "demo", unless all of it is there: the index holds as many documents, or a load
 * of it from here has ended, after which deleted ones stay deleted. Either way it returns when all of it can be found, and
 * after a load when every replica that is there has it.
 * An index of that name with other fields is somebody's own and is left alone.
 */
export async function loadDemo(options: DemoOptions, io: CommandIo): Promise<DemoOutcome> {
  const { client } = options;
  const index = await findIndex(client);
  const target = { client, index: "demo", timers: systemTimers, random: systemRandom };
  if (index !== undefined && !isDemo(index)) {
    io.stderr('hedgerow: an index "demo" with other fields stands; the demo corpus is not loaded\n');
    return { kind: "foreign" };
  }
  if (index !== undefined && (await isLoaded(target, options, index))) return { kind: "standing" };
  // Now: whoever names a directory that cannot be made shall not hear of it after a load.
  await makeDirectory(resolve(options.dataDirectory));
  await rm(recordPath(options.dataDirectory), { force: true });
  if (index === undefined) await createIndex(client, options);
  const loaded = await load(target, options, io);
  await remember(options, { documents: loaded.documents, index: await findIndex(client) });
  await waitUntilFilled(target);
  return { kind: "loaded", ...loaded };
}

async function findIndex(client: Client): Promise<Record<string, unknown> | undefined> {
  const answer = await client.request(demoPath);
  return answer.status === 404 ? undefined : asRecord(accepted(answer).body);
}

function isDemo(index: Record<string, unknown>): boolean {
  return isDeepStrictEqual(index.fields, demoSettings.fields);
}

async function createIndex(client: Client, { shards, replicas }: DemoOptions): Promise<void> {
  accepted(
    await client.request(demoPath, {
      method: "PUT",
      json: { ...demoSettings, notice: wordnetLicense(), shards, replicas },
    }),
  );
}

/** Resolves to the number of documents that are in, and how long it took until they could be found. */
async function load(
  target: ImportTarget,
  options: DemoOptions,
  io: CommandIo,
): Promise<{ documents: number; tookMs: number }> {
  const { documents = demoDocuments, signal } = options;
  const bar = new ProgressBar("demo corpus", io, systemClock);
  bar.update({ documents: 0, done: 0, total: demoDocumentCount });
  const result = await importLines(target, {
    source: documentLines(documents()),
    parallelism: 3,
    ...(signal === undefined ? {} : { signal }),
    onProgress: (progress) => {
      const done = progress.accepted + progress.rejected;
      bar.update({ documents: done, done, total: demoDocumentCount });
    },
  });
  const isSearchable = await waitUntilSearchable(target, result.token);
  bar.clear();
  const { elapsedMs } = bar;
  const rate = formatCount((1000 * result.accepted) / elapsedMs);
  const rejected = result.rejected === 0 ? "" : `, ${formatCount(result.rejected)} rejected,`;
  io.stderr(
    `demo corpus: ${formatCount(result.accepted)} documents${rejected} in ${formatDuration(elapsedMs)} (${rate}/s)` +
      `${isSearchable ? "" : "; some cannot be found yet"}\n`,
  );
  return { documents: result.accepted, tookMs: Math.round(elapsedMs) };
}

/** The documents as lines of JSON, in chunks; they are made as they are asked for. */
function* documentLines(documents: Iterable<DemoDocument>): Generator<Uint8Array, void> {
  let lines = "";
  for (const document of documents) {
    lines += `${JSON.stringify(document)}\n`;
    if (lines.length < chunkBytes) continue;
    yield Buffer.from(lines);
    lines = "";
  }
  yield Buffer.from(lines);
}

/** An index that was dropped and created again has another incarnation, and is empty. */
async function isLoaded(target: ImportTarget, options: DemoOptions, index: Record<string, unknown>): Promise<boolean> {
  const { documentCount = demoDocumentCount } = options;
  await waitUntilReady(target);
  const documents = await countDocuments(target);
  if (documents !== undefined && documents >= documentCount) return true;
  const known = await remembered(options.dataDirectory);
  return known.url === options.client.url && asNumber(known.incarnation) === asNumber(index.incarnation);
}

async function remembered(dataDirectory: string): Promise<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(await readFile(recordPath(dataDirectory), "utf8")));
  } catch {
    // None yet, or cut short by a crash: loading again is harmless.
    return {};
  }
}

/** Only at the end: a load that was cut short, from here or elsewhere, has no record of its cluster. */
async function remember(
  { dataDirectory, client }: DemoOptions,
  { documents, index }: { documents: number; index: Record<string, unknown> | undefined },
): Promise<void> {
  const incarnation = asNumber(index?.incarnation);
  if (incarnation === undefined) return;
  await writeWhole(recordPath(dataDirectory), `${JSON.stringify({ url: client.url, documents, incarnation })}\n`);
}

function recordPath(dataDirectory: string): string {
  return join(dataDirectory, "demo.json");
}
