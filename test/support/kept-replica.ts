import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Indexing } from "../../src/leaf/indexing.ts";
import { openReplicaWith } from "../../src/leaf/open-replica.ts";
import type { HeldReplica } from "../../src/leaf/replicas.ts";
import type { SnapshotRule } from "../../src/leaf/snapshot-rule.ts";
import { createSnapshotStore, type SnapshotStore } from "../../src/leaf/snapshot-store.ts";
import { sliceText } from "../../src/protocol/bytes.ts";
import type { LogEra } from "../../src/protocol/history.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { testSettings } from "../engine/layout.ts";

export const keptDefinition = { index: "test", incarnation: 1, settings: testSettings };
export const keptEras: readonly LogEra[] = [{ id: "first", since: 0 }];

/** A place for snapshots, with the replicas that are opened from it and what they had to say. */
export type KeptHome = {
  directory: string;
  store: SnapshotStore;
  warnings: { fields: Record<string, unknown>; message: string }[];
  open(eras?: readonly LogEra[], settings?: typeof testSettings): Promise<HeldReplica>;
  remove(): Promise<void>;
};

/** Limits so small that a few changes already seal and merge, and a rule that writes only at the end. */
export const tinyReplica = { appendedChangesMax: 4, partChangesMax: 16, memtableDocumentsMax: 6 };
const atTheEnd: SnapshotRule = { changesMax: 1e9, sizeBytesMax: 1e12, ageMsMax: 1e9, pauseMs: 1e9 };

export async function keptHome(indexing: Indexing, rule: SnapshotRule = atTheEnd): Promise<KeptHome> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-kept-"));
  const store = createSnapshotStore(directory);
  const warnings: KeptHome["warnings"] = [];
  const log = { warn: (fields: object, message: string) => void warnings.push({ fields: { ...fields }, message }) };
  return {
    directory,
    store,
    warnings,
    open: (eras = keptEras, settings = testSettings) =>
      openReplicaWith(indexing, { store, log, rule }, tinyReplica)({ ...keptDefinition, settings }, 0, eras),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

const words = ["fox", "bee", "sea", "wind"];

/** Everything that can be asked of a replica: hits with scores for each word and for none, and its statistics. */
export function answersOf(replica: HeldReplica): Record<string, unknown> {
  const answers: Record<string, unknown> = { sequence: replica.sequence };
  for (const word of [undefined, ...words]) {
    const search = replica.prepare(planFor(word));
    while (!search.step(() => false));
    const { hits, sources, total } = search.finish();
    answers[word ?? "all"] = { hits, total, sources: sources.map(sliceText) };
  }
  const { documents, lengths, terms, counts } = replica.statistics(undefined, Number.MAX_SAFE_INTEGER);
  const sums = new Map<string, number>();
  terms.forEach((term, i) => void sums.set(term, (sums.get(term) ?? 0) + (counts[i] ?? 0)));
  const frequencies = [...sums].filter(([, count]) => count !== 0).sort();
  return { ...answers, documents, lengths, frequencies };
}

function planFor(term: string | undefined): Plan {
  return {
    index: "test",
    incarnation: 1,
    epoch: "1",
    bm25: testSettings.bm25,
    fieldBoosts: [2, 1],
    averageLengths: [1.5, 3],
    clauses: term === undefined ? [] : [{ occur: "optional", terms: [{ term, weight: 1.25 }] }],
    matchAtLeast: 1,
    top: 1000,
  };
}
