import { lookupKey } from "../engine/dictionary.ts";
import { Segment } from "../engine/segment.ts";
import type { Staged } from "../engine/shard.ts";
import type { Pause } from "./slices.ts";
import type { AnalyzedBatch, SealedBatch } from "./worker.ts";

/** Stages what a worker made of a part of a batch, pausing on the way. */
export type StagePart = (staged: Staged, pause: Pause) => Promise<void>;

/** How many documents are handled between two looks at the clock. */
const unpaused = 4;

/** A small part: its documents are appended to the memtable. */
export function stageAnalyzed({ documents, deleted }: AnalyzedBatch): StagePart {
  return async (staged, pause) => {
    for (const [i, document] of documents.entries()) {
      staged.put(document);
      if (i % unpaused === 0) await pause();
    }
    await stageDeletes(deleted, staged, pause);
  };
}

/** A large part: it is a segment already, and what it replaces is looked up. */
export function stageSealed({ data, deleted }: SealedBatch): StagePart {
  return async (staged, pause) => {
    const segment = new Segment(data);
    await pause();
    for (const _ of staged.warm(segment)) await pause();
    staged.add(segment);
    for (let doc = 0; doc < segment.documents; doc++) {
      staged.supersede(segment.ids.keyOf(doc));
      if (doc % unpaused === 0) await pause();
    }
    await stageDeletes(deleted, staged, pause);
  };
}

async function stageDeletes(deleted: readonly string[], staged: Staged, pause: Pause): Promise<void> {
  for (const [i, id] of deleted.entries()) {
    staged.supersede(lookupKey(id));
    if (i % unpaused === 0) await pause();
  }
}
