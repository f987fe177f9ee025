import { type ChangePlace, changePlaces } from "../protocol/batch.ts";

/** A run of a batch's changes, and the last sequence in it. */
export type BatchPart = { bytes: Uint8Array; changes: number; sequence: number };

/**
 * The changes of a batch after a sequence, in parts of bounded size, each copied to shared memory, from which threads read it. A
 * single change larger than `bytesMax` is a part of its own.
 */
export function batchParts(
  batch: Uint8Array,
  after: number,
  { changesMax, bytesMax }: { changesMax: number; bytesMax: number },
): BatchPart[] {
  const parts: BatchPart[] = [];
  let run: ChangePlace[] = [];
  const close = (): void => {
    const first = run[0];
    const last = run.at(-1);
    if (first === undefined || last === undefined) return;
    const bytes = new Uint8Array(new SharedArrayBuffer(last.end - first.start));
    bytes.set(batch.subarray(first.start, last.end));
    parts.push({ bytes, changes: run.length, sequence: last.sequence });
    run = [];
  };
  for (const place of changePlaces(batch)) {
    if (place.sequence <= after) continue;
    const start = run[0]?.start ?? place.start;
    if (run.length >= changesMax || place.end - start > bytesMax) close();
    run.push(place);
  }
  close();
  return parts;
}
