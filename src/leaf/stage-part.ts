import { lookupKey } from "../engine/dictionary.ts";
import { Segment } from "../engine/segment.ts";
import type { Staged } from "../engine/shard.ts";
import { type Pause, takeSteps } from "./slices.ts";
import type { AnalyzedBatch, SealedBatch } from "./worker.ts";

/** Stages what a worker made of a part of a batch, pausing on the way. */
export type StagePart = (staged: Staged, pause: Pause) => Promise<void>;

/** How many documents are handled between two looks at the clock. */
const unpaused = 4;

/** A small part: its documents are appended to the memtable. */
export function stageAnalyzed({ documents, deleted }: AnalyzedBatch): StagePart {
  return async (staged, pause) => {
    await takeSteps(someAtOnce(documents, staged.put), pause);
    await stageDeletes(deleted, staged, pause);
  };
}

/** A large part: it is a segment already, and what it replaces is looked up. */
export function stageSealed({ data, deleted }: SealedBatch): StagePart {
  return async (staged, pause) => {
    const segment = new Segment(data);
    await pause();
    await takeSteps(staged.warm(segment), pause);
    staged.add(segment);
    const docs = new Array<undefined>(segment.documents).keys();
    const superseding = someAtOnce(docs, (doc) => staged.supersede(segment.ids.keyOf(doc)));
    await takeSteps(superseding, pause);
    await stageDeletes(deleted, staged, pause);
  };
}

async function stageDeletes(deleted: readonly string[], staged: Staged, pause: Pause): Promise<void> {
  const superseding = someAtOnce(deleted, (id) => staged.supersede(lookupKey(id)));
  await takeSteps(superseding, pause);
}

/** Handles one after the other, coming back after every few. */
function* someAtOnce<T>(items: Iterable<T>, handle: (item: T) => void): Generator<void, void> {
  let handled = 0;
  for (const item of items) {
    handle(item);
    if (handled++ % unpaused === 0) yield;
  }
}
