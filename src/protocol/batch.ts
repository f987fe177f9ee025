import type { Change } from "./change.ts";

const kindPut = 1;
const kindDelete = 2;
const headBytes = 1 + 8 + 2 + 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Changes as bytes, so that a batch crosses the link and a worker's port without being parsed on the way. Layout of
 * each, little-endian: u8 kind, f64 sequence, u16 id length, u32 source length, id, source. Ids are at most 65,535
 * bytes of UTF-8; the public contract allows far less.
 */
export function encodeChanges(changes: readonly Change[]): Uint8Array<ArrayBuffer> {
  const ids = changes.map((change) => encoder.encode(change.id));
  let sizeBytes = 0;
  changes.forEach((change, i) => {
    sizeBytes += headBytes + (ids[i]?.length ?? 0) + (change.kind === "put" ? change.source.length : 0);
  });
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  changes.forEach((change, i) => {
    const id = ids[i] ?? new Uint8Array();
    const source = change.kind === "put" ? change.source : new Uint8Array();
    view.setUint8(at, change.kind === "put" ? kindPut : kindDelete);
    view.setFloat64(at + 1, change.sequence, true);
    view.setUint16(at + 9, id.length, true);
    view.setUint32(at + 11, source.length, true);
    bytes.set(id, at + headBytes);
    bytes.set(source, at + headBytes + id.length);
    at += headBytes + id.length + source.length;
  });
  return bytes;
}

/** The inverse of `encodeChanges`; sources are views into `bytes`. Throws a RangeError on bytes that are cut short. */
export function decodeChanges(bytes: Uint8Array): Change[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const changes: Change[] = [];
  let at = 0;
  while (at < bytes.length) {
    const kind = view.getUint8(at);
    const sequence = view.getFloat64(at + 1, true);
    const idEnd = at + headBytes + view.getUint16(at + 9, true);
    const end = idEnd + view.getUint32(at + 11, true);
    if (end > bytes.length || (kind !== kindPut && kind !== kindDelete)) throw new RangeError("a batch is damaged");
    const id = decoder.decode(bytes.subarray(at + headBytes, idEnd));
    changes.push(
      kind === kindPut
        ? { kind: "put", id, sequence, source: bytes.subarray(idEnd, end) }
        : { kind: "delete", id, sequence },
    );
    at = end;
  }
  return changes;
}

/** Changes side by side in a batch's bytes, and the last sequence among them. */
export type ChangeRun = { start: number; end: number; changes: number; sequence: number };

/** Which changes a run takes: those after a sequence, as many as fit; one that is larger by itself. */
export type RunLimits = { after: number; changesMax: number; bytesMax: number };

/**
 * The run of changes that begins at a change's place in a batch, without reading ids or sources; those that come no later
 * than `after` are passed over. Throws a RangeError at bytes that are cut short.
 */
export function changeRun(bytes: Uint8Array, from: number, { after, changesMax, bytesMax }: RunLimits): ChangeRun {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const run: ChangeRun = { start: from, end: from, changes: 0, sequence: 0 };
  let passed = 0;
  while (run.end < bytes.length && run.changes + passed < changesMax) {
    const at = run.end;
    const end = at + headBytes + view.getUint16(at + 9, true) + view.getUint32(at + 11, true);
    if (end > bytes.length) throw new RangeError("a batch is damaged");
    const sequence = view.getFloat64(at + 1, true);
    const isPassed = sequence <= after;
    if (run.changes > 0 && (isPassed || end - run.start > bytesMax)) break;
    run.end = end;
    if (isPassed) {
      passed++;
      run.start = end;
    } else {
      run.changes++;
      run.sequence = sequence;
    }
  }
  return run;
}
