import type { Memtable } from "../engine/memtable.ts";
import { sharedCopy } from "../engine/shared-arrays.ts";
import { encodeChanges } from "../protocol/batch.ts";
import type { Change } from "../protocol/change.ts";
import type { Pause } from "./slices.ts";

const encodedAtOnce = 64;

/**
 * A memtable's first documents, as far as they are alive at a version, as batches for a worker, which takes them without a
 * copy.
 */
export async function livingChanges(
  memtable: Memtable,
  { documents, version }: { documents: number; version: number },
  pause: Pause,
): Promise<Uint8Array[]> {
  const batches: Uint8Array[] = [];
  let changes: Change[] = [];
  for (let doc = 0; doc < documents; doc++) {
    if (memtable.tombstones.isDead(doc, version)) continue;
    changes.push({ kind: "put", id: memtable.idAt(doc), source: memtable.sourceAt(doc), sequence: doc });
    if (changes.length < encodedAtOnce) continue;
    batches.push(sharedCopy(encodeChanges(changes)));
    changes = [];
    await pause();
  }
  if (changes.length > 0) batches.push(sharedCopy(encodeChanges(changes)));
  return batches;
}
