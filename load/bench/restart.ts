import { readdirSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DemoDocument } from "../../data/corpus.ts";
import { createIndexing } from "../../src/leaf/indexing.ts";
import { openReplicaWith } from "../../src/leaf/open-replica.ts";
import type { HeldReplica } from "../../src/leaf/replicas.ts";
import { createSnapshotStore } from "../../src/leaf/snapshot-store.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { systemClock } from "../../src/time.ts";
import { demoChanges, demoCorpus, demoDefinition } from "./demo-shard.ts";

const documentsWanted = 1_000_000;
const batchDocuments = 2000;
const batchesAtOnce = 4;
const threads = 2;
const goalMs = 5000;
const eras = [{ id: "bench", since: 0 }];

/**
 * How soon a leaf with a million documents serves again: once by reading them all from the log anew, once from its
 * snapshot. Both are counted from the first moment of an empty replica to its first answer.
 */
export async function run({ json }: { json: boolean }): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-bench-restart-"));
  const indexing = createIndexing({ threads });
  try {
    const log = { warn: (fields: object, message: string) => console.error(message, fields) };
    const open = openReplicaWith(indexing, { store: createSnapshotStore(directory), log });
    const fresh = systemClock.nowMs();
    const first = await open(demoDefinition, 0, eras);
    const corpus = demoCorpus();
    for (let from = 0; from < documentsWanted; from += corpus.length) {
      await write(first, copies(corpus, from).slice(0, documentsWanted - from), from);
    }
    const found = firstAnswer(first);
    const fromLogMs = systemClock.nowMs() - fresh;
    const saving = systemClock.nowMs();
    await first.close();
    const savedMs = systemClock.nowMs() - saving;
    const opening = systemClock.nowMs();
    const second = await open(demoDefinition, 0, eras);
    if (firstAnswer(second) !== found) throw new Error("the snapshot answers otherwise");
    const fromSnapshotMs = systemClock.nowMs() - opening;
    const { segments, documents } = second.status();
    const result = {
      documents,
      segments,
      fromLogMs,
      savedMs,
      fromSnapshotMs,
      goalMs,
      sizeBytes: await sizeOf(directory),
    };
    await second.drop();
    console.log(json ? JSON.stringify(result) : report(result));
  } finally {
    await indexing.close();
    await rm(directory, { recursive: true, force: true });
  }
}

type Result = {
  documents: number;
  segments: number;
  fromLogMs: number;
  savedMs: number;
  fromSnapshotMs: number;
  sizeBytes: number;
};

function report({ documents, segments, fromLogMs, savedMs, fromSnapshotMs, sizeBytes }: Result): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  return [
    `${documents} documents in ${segments} segments, ${(sizeBytes / 2 ** 20).toFixed(0)} MiB on the disk`,
    `serving from the log      ${seconds(fromLogMs)} (reading it not counted)`,
    `serving from the snapshot ${seconds(fromSnapshotMs)} (goal: under ${seconds(goalMs)})`,
    `writing what was unsaved  ${seconds(savedMs)}`,
  ].join("\n");
}

/** The corpus under other ids. */
function copies(corpus: readonly DemoDocument[], from: number): DemoDocument[] {
  return corpus.map((document) => ({ ...document, id: `${document.id}-${from}` }));
}

async function write(replica: HeldReplica, documents: readonly DemoDocument[], after: number): Promise<void> {
  const underWay: Promise<number>[] = [];
  for (let from = 0; from < documents.length; from += batchDocuments) {
    const changes = demoChanges(documents.slice(from, from + batchDocuments), after + from);
    underWay.push(replica.apply(encodeChanges(changes), changes.at(-1)?.sequence ?? 0));
    if (underWay.length >= batchesAtOnce) await underWay.shift();
  }
  await Promise.all(underWay);
}

/** The ids and scores of the ten best for a word, as one text. */
function firstAnswer(replica: HeldReplica): string {
  const plan: Plan = {
    index: "demo",
    incarnation: 1,
    epoch: "1",
    bm25: demoDefinition.settings.bm25,
    fieldBoosts: [1, 1, 1, 1],
    averageLengths: [1, 1, 10, 5],
    clauses: [{ occur: "optional", terms: [{ term: "fear", weight: 1 }] }],
    matchAtLeast: 1,
    top: 10,
  };
  const search = replica.prepare(plan);
  while (!search.step(() => false));
  return JSON.stringify(search.finish().hits);
}

async function sizeOf(directory: string): Promise<number> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
