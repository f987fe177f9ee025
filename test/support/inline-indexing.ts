import type { Indexing } from "../../src/leaf/indexing.ts";
import { createSlices } from "../../src/leaf/slices.ts";
import runIndexingTask, { type IndexingResult, type IndexingTask } from "../../src/leaf/worker.ts";
import { systemClock, yieldToLoop } from "../../src/time.ts";

/** The indexing of a leaf in the thread that asks: for processes that live too short a time to start workers. */
export const inlineIndexing: Indexing = {
  analyze: async (settings, batches) => expectKeys(await run({ kind: "analyze", settings, batches }), isAnalyzed),
  seal: async (settings, batches) => expectKeys(await run({ kind: "seal", settings, batches }), isSealed),
  merge: async (sources) => expectKeys(await run({ kind: "merge", sources }), isSegment),
  save: async (task) => expectKeys(await run({ kind: "save", ...task }), isSaved),
  load: async (task) => expectKeys(await run({ kind: "load", ...task }), isLoading),
  waiting: 0,
  slices: createSlices(systemClock),
  close: async () => undefined,
};

type Analyzed = Awaited<ReturnType<Indexing["analyze"]>>;
type Sealed = Awaited<ReturnType<Indexing["seal"]>>;
type Merged = Awaited<ReturnType<Indexing["merge"]>>;
type Saved = Awaited<ReturnType<Indexing["save"]>>;
type Loading = Awaited<ReturnType<Indexing["load"]>>;

async function run(task: IndexingTask): Promise<IndexingResult> {
  await yieldToLoop();
  return runIndexingTask(task);
}

function expectKeys<T extends IndexingResult>(result: IndexingResult, fits: (value: IndexingResult) => value is T): T {
  if (fits(result)) return result;
  throw new Error("the worker answered something else");
}

const isAnalyzed = (value: IndexingResult): value is Analyzed => "deleted" in value && !("data" in value);
const isSealed = (value: IndexingResult): value is Sealed => "deleted" in value && "data" in value;
const isSegment = (value: IndexingResult): value is Merged => "postingDocs" in value;
const isSaved = (value: IndexingResult): value is Saved => "kind" in value && value.kind === "saved";
const isLoading = (value: IndexingResult): value is Loading => "kind" in value && value.kind !== "saved";
