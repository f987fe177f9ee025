import { extname } from "node:path";
import { Piscina } from "piscina";
import type { MergeSource } from "../engine/merge-segments.ts";
import type { SegmentData } from "../engine/segment-data.ts";
import { HedgerowError } from "../errors.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { systemClock } from "../time.ts";
import { createGate } from "./gate.ts";
import { createSlices, type Slices } from "./slices.ts";
import type { SnapshotLoading, SnapshotSaved } from "./snapshot-files.ts";
import type { LoadTask, SaveTask } from "./snapshot-tasks.ts";
import type { AnalyzedBatch, IndexingTask, SealedBatch } from "./worker.ts";

/** The workers of this process, shared by all its replicas. Waiting for a promise is the back-pressure. */
export type Indexing = {
  /** Analyzes batches that are small enough to be appended document by document. */
  analyze(settings: IndexSettings, batches: readonly Uint8Array[]): Promise<AnalyzedBatch>;
  /** Makes a segment of batches. */
  seal(settings: IndexSettings, batches: readonly Uint8Array[]): Promise<SealedBatch>;
  /** Makes one segment of several. */
  merge(sources: readonly MergeSource[]): Promise<SegmentData>;
  /** Writes a snapshot; it is on the disk when this resolves. */
  save(task: SaveTask): Promise<SnapshotSaved>;
  /** Reads a snapshot. */
  load(task: LoadTask): Promise<SnapshotLoading>;
  /** Tasks that wait for a worker. */
  readonly waiting: number;
  /** In which the thread takes up what the workers made. */
  readonly slices: Slices;
  /** Stops the workers; what they had not finished is rejected with `not_ready`. */
  close(): Promise<void>;
};

export type IndexingSettings = {
  /** Threads at most; one stays, the others come when there is work. */
  threads: number;
  /** Tasks that may wait; one more is refused with `overloaded`. */
  waitingMax?: number;
};

const waitingMaxDefault = 4096;
/** How long a thread stays without work: starting one takes some 100 ms. */
const idleTimeoutMs = 10_000;
/** Searching comes first where the cores are fewer than the threads. */
const niceIncrement = 10;

/** Starts the workers. A task that fails, or takes its worker down, rejects and leaves the others as they were. */
export function createIndexing({ threads, waitingMax = waitingMaxDefault }: IndexingSettings): Indexing {
  const pool: Piscina<IndexingTask, unknown> = new Piscina({
    filename: new URL(`./worker${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: 1,
    maxThreads: Math.max(1, threads),
    idleTimeout: idleTimeoutMs,
    concurrentTasksPerWorker: 1,
    niceIncrement,
    recordTiming: false,
  });
  const slices = createSlices(systemClock);
  const batches = createGate(Math.max(1, threads), waitingMax);
  const merges = createGate(Math.max(1, threads - 1), waitingMax);
  const snapshots = createGate(1, waitingMax);
  /** All of them: what waited in the pool would be written in the turn in which a result is read. */
  const workers = createGate(Math.max(1, threads), Number.POSITIVE_INFINITY);
  let closed = false;

  const run = async <T>(task: IndexingTask): Promise<T> => {
    try {
      return await workers.run(async () => {
        // To read a result takes as long as some searches, and so does it to write a task: each has a turn of its own.
        await slices.next();
        if (closed) throw closedError();
        return (await pool.run(task)) as T;
      });
    } catch (cause) {
      if (closed) throw closedError();
      throw cause;
    }
  };

  return {
    analyze: (settings, parts) => batches.run(() => run<AnalyzedBatch>({ kind: "analyze", settings, batches: parts })),
    seal: (settings, parts) => batches.run(() => run<SealedBatch>({ kind: "seal", settings, batches: parts })),
    merge: (sources) => merges.run(() => run<SegmentData>({ kind: "merge", sources })),
    save: (task) => snapshots.run(() => run<SnapshotSaved>({ kind: "save", ...task })),
    load: (task) => batches.run(() => run<SnapshotLoading>({ kind: "load", ...task })),
    slices,
    get waiting() {
      return batches.waiting + merges.waiting + snapshots.waiting;
    },
    async close() {
      closed = true;
      await pool.destroy();
    },
  };
}

function closedError(): HedgerowError {
  return new HedgerowError("not_ready", "this leaf has stopped indexing");
}
