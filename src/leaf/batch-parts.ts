import { sharedCopy } from "../engine/shared-arrays.ts";
import { type ChangeRun, changeRun } from "../protocol/batch.ts";
import type { Pause } from "./slices.ts";

/** Changes of a batch, in pieces in memory that threads share, and the last sequence among them. */
export type BatchPart = { pieces: Uint8Array[]; sizeBytes: number; changes: number; sequence: number };

/** A larger batch is taken in parts; a piece of it is copied without a pause. */
export type PartLimits = {
  partChangesMax: number;
  partBytesMax: number;
  pieceChangesMax: number;
  pieceBytesMax: number;
};

/**
 * Copies the changes of a batch after a sequence, in parts of bounded size, pausing on the way: to read a large batch's
 * lengths alone takes as long as several searches. A single change larger than a bound is a part of its own.
 */
export async function batchParts(
  batch: Uint8Array,
  after: number,
  { limits, pause }: { limits: PartLimits; pause: Pause },
): Promise<BatchPart[]> {
  const changesMax = Math.min(limits.pieceChangesMax, limits.partChangesMax);
  const bytesMax = Math.min(limits.pieceBytesMax, limits.partBytesMax);
  const parts: BatchPart[] = [];
  let from = 0;
  while (from < batch.length) {
    const run = changeRun(batch, from, { after, changesMax, bytesMax });
    if (run.changes > 0) {
      const part = partFor(parts, run, limits);
      part.pieces.push(sharedCopy(batch.subarray(run.start, run.end)));
    }
    from = run.end;
    await pause();
  }
  return parts;
}

/** The last part, where it has room for a run, else a new one; with the run counted. */
function partFor(parts: BatchPart[], run: ChangeRun, { partChangesMax, partBytesMax }: PartLimits): BatchPart {
  const sizeBytes = run.end - run.start;
  let part = parts.at(-1);
  if (part === undefined || part.changes + run.changes > partChangesMax || part.sizeBytes + sizeBytes > partBytesMax) {
    part = { pieces: [], sizeBytes: 0, changes: 0, sequence: 0 };
    parts.push(part);
  }
  part.changes += run.changes;
  part.sizeBytes += sizeBytes;
  part.sequence = run.sequence;
  return part;
}
