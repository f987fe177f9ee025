import { createAnalyzer } from "../engine/analyzer.ts";
import { columnKind } from "../engine/column-data.ts";
import { type AnalyzedDocument, createDocumentAnalyzer, type DocumentAnalyzer } from "../engine/document.ts";
import { Memtable } from "../engine/memtable.ts";
import { type MergeSource, mergeSegments } from "../engine/merge-segments.ts";
import { seal } from "../engine/seal.ts";
import type { SegmentData } from "../engine/segment-data.ts";
import { sharedSegment } from "../engine/shared-segment.ts";
import { decodeChanges } from "../protocol/batch.ts";
import type { Change } from "../protocol/change.ts";
import { compareIds } from "../protocol/hit.ts";
import { columnFields, type IndexSettings, textFields } from "../protocol/settings.ts";
import { analysisFingerprint } from "./analysis-fingerprint.ts";
import { loadSnapshot, type SnapshotLoading, type SnapshotSaved, saveSnapshot } from "./snapshot-files.ts";
import type { LoadTask, SaveTask } from "./snapshot-tasks.ts";

/** What a worker is asked to do. Batches are encoded changes; the last change of an id in them is the one that counts. */
export type IndexingTask =
  | { kind: "analyze"; settings: IndexSettings; batches: readonly Uint8Array[] }
  | { kind: "seal"; settings: IndexSettings; batches: readonly Uint8Array[] }
  | { kind: "merge"; sources: readonly MergeSource[] }
  | ({ kind: "save" } & SaveTask)
  | ({ kind: "load" } & LoadTask);

/** A batch's documents, each id once, and the ids that it deletes. */
export type AnalyzedBatch = { documents: AnalyzedDocument[]; deleted: string[] };

/** The same as a segment. */
export type SealedBatch = { data: SegmentData; deleted: string[] };

export type IndexingResult = AnalyzedBatch | SealedBatch | SegmentData | SnapshotLoading | SnapshotSaved;

const analyzersMax = 32;
/** Twice as many as for queries: to take a new word apart costs as much as a hundred known ones. */
const wordsMax = 1 << 17;
const analyzers = new Map<string, DocumentAnalyzer>();

/** Runs in a thread of its own: everything about indexing that takes long. */
export default function runIndexingTask(task: IndexingTask): IndexingResult {
  switch (task.kind) {
    case "analyze":
      return analyzeBatches(task.settings, task.batches);
    case "seal":
      return sealBatches(task.settings, task.batches);
    case "merge":
      return sharedSegment(mergeSegments(task.sources));
    case "save":
      return save(task);
    case "load":
      return load(task);
  }
}

function save({ directory, definition, shard, position, segments, memtables, memtableFile }: SaveTask): SnapshotSaved {
  const owner = { definition, shard, analysis: analysisFingerprint(definition.settings) };
  const unsealed = memtables.length === 0 ? [] : [sealBatches(definition.settings, memtables).data];
  const sealed = unsealed.map((data) => ({ file: memtableFile, dead: new Uint32Array(), data }));
  return saveSnapshot(directory, owner, { position, segments: [...segments, ...sealed] });
}

function load({ directory, definition, shard, eras }: LoadTask): SnapshotLoading {
  const owner = { definition, shard, analysis: analysisFingerprint(definition.settings) };
  return loadSnapshot(directory, owner, eras);
}

function analyzeBatches(settings: IndexSettings, batches: readonly Uint8Array[]): AnalyzedBatch {
  const { puts, deleted } = latestChanges(batches);
  const analyze = analyzerFor(settings);
  return { documents: puts.map(({ id, source }) => analyze(id, source)), deleted };
}

function sealBatches(settings: IndexSettings, batches: readonly Uint8Array[]): SealedBatch {
  const { puts, deleted } = latestChanges(batches);
  const analyze = analyzerFor(settings);
  const fields = textFields(settings).length;
  const memtable = new Memtable(
    fields,
    columnFields(settings).map(({ type }) => columnKind(type)),
  );
  puts.sort((a, b) => compareIds(a.id, b.id));
  for (const { id, source } of puts) memtable.append(analyze(id, source));
  return { data: sharedSegment(seal(memtable, fields)), deleted };
}

type PutChange = Extract<Change, { kind: "put" }>;

function latestChanges(batches: readonly Uint8Array[]): { puts: PutChange[]; deleted: string[] } {
  const latest = new Map<string, Change>();
  for (const batch of batches) for (const change of decodeChanges(batch)) latest.set(change.id, change);
  const puts: PutChange[] = [];
  const deleted: string[] = [];
  for (const change of latest.values()) {
    if (change.kind === "put") puts.push(change);
    else deleted.push(change.id);
  }
  return { puts, deleted };
}

function analyzerFor(settings: IndexSettings): DocumentAnalyzer {
  const { fields, language, stopWords } = settings;
  const key = JSON.stringify([fields, language, stopWords]);
  const known = analyzers.get(key);
  if (known !== undefined) return known;
  if (analyzers.size >= analyzersMax) analyzers.clear();
  const analyzer = createDocumentAnalyzer(settings, createAnalyzer(settings, wordsMax));
  analyzers.set(key, analyzer);
  return analyzer;
}
