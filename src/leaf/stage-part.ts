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
    await takeSteps(each(documents, staged.put), pause);
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
    const { documents, ids } = segment;
    await takeSteps(
      someAtOnce(documents, (doc) => staged.supersede(ids.keyOf(doc))),
      pause,
    );
    await stageDeletes(deleted, staged, pause);
  };
}

async function stageDeletes(deleted: readonly string[], staged: Staged, pause: Pause): Promise<void> {
  await takeSteps(
    each(deleted, (id) => staged.supersede(lookupKey(id))),
    pause,
  );
}

/** Handles one after the other, coming back after every few. */
function each<T>(items: readonly T[], handle: (item: T) => void): Generator<void, void> {
  return someAtOnce(items.length, (i) => {
    const item = items[i];
    if (item !== undefined) handle(item);
  });
}

/** The same by their numbers. */
function* someAtOnce(count: number, handle: (i: number) => void): Generator<void, void> {
  for (let i = 0; i < count; i++) {
    handle(i);
    if (i % unpaused === 0) yield;
  }
}
