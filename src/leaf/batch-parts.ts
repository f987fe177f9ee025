import { eachChangePlace } from "../protocol/batch.ts";

/** A run of a batch's changes, and the last sequence in it. */
export type BatchPart = { bytes: Uint8Array; changes: number; sequence: number };

/** Where a run of changes stands in a batch. */
type Run = { start: number; end: number; changes: number; sequence: number };

/**
 * The changes of a batch after a sequence, in parts of bounded size, each copied to shared memory, from which threads read it. A
 * single change larger than `bytesMax` is a part of its own.
 */
export function batchParts(
  batch: Uint8Array,
  after: number,
  { changesMax, bytesMax }: { changesMax: number; bytesMax: number },
): BatchPart[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  eachChangePlace(batch, ({ sequence, start, end }) => {
    if (sequence <= after) return;
    if (run === undefined || run.changes >= changesMax || end - run.start > bytesMax) {
      run = { start, end, changes: 0, sequence };
      runs.push(run);
    }
    run.end = end;
    run.changes++;
    run.sequence = sequence;
  });
  return runs.map(({ start, end, changes, sequence }) => {
    const bytes = new Uint8Array(new SharedArrayBuffer(end - start));
    bytes.set(batch.subarray(start, end));
    return { bytes, changes, sequence };
  });
}
