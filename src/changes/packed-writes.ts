import { asBuffer } from "../protocol/bytes.ts";
import type { DocumentWrite, WriteCondition } from "./log.ts";

const putFlag = 1;
const absentFlag = 2;
const versionFlag = 4;
const headBytes = 1 + 8 + 4 + 4;

/**
 * Writes as one piece of memory, so that a bulk request crosses to the log's thread without a copy per document; its
 * sources are often views into one large body, all of which would be cloned. Layout of each, little-endian: u8 flags,
 * f64 version, u32 id length, u32 source length, id, source.
 */
export function packWrites(writes: readonly DocumentWrite[]): Uint8Array<ArrayBuffer> {
  const idSizesBytes = writes.map(({ id }) => Buffer.byteLength(id));
  let sizeBytes = 0;
  writes.forEach((write, i) => {
    sizeBytes += headBytes + (idSizesBytes[i] ?? 0) + (write.kind === "put" ? write.source.length : 0);
  });
  const packed = Buffer.from(new ArrayBuffer(sizeBytes));
  let at = 0;
  writes.forEach((write, i) => {
    const idSizeBytes = idSizesBytes[i] ?? 0;
    const sourceSizeBytes = write.kind === "put" ? write.source.length : 0;
    packed.writeUInt8((write.kind === "put" ? putFlag : 0) | flagOf(write.condition), at);
    packed.writeDoubleLE(write.condition.kind === "version" ? write.condition.version : 0, at + 1);
    packed.writeUInt32LE(idSizeBytes, at + 9);
    packed.writeUInt32LE(sourceSizeBytes, at + 13);
    packed.write(write.id, at + headBytes, "utf8");
    at += headBytes + idSizeBytes;
    if (write.kind === "put") packed.set(write.source, at);
    at += sourceSizeBytes;
  });
  return packed;
}

/** The inverse of `packWrites`, one at a time; sources are views into `packed`. */
export function* unpackWrites(packed: Uint8Array): Generator<DocumentWrite> {
  const bytes = asBuffer(packed);
  for (let at = 0; at < bytes.length; ) {
    const flags = bytes.readUInt8(at);
    const idEnd = at + headBytes + bytes.readUInt32LE(at + 9);
    const end = idEnd + bytes.readUInt32LE(at + 13);
    const id = bytes.toString("utf8", at + headBytes, idEnd);
    const condition = conditionOf(flags, bytes.readDoubleLE(at + 1));
    if ((flags & putFlag) === 0) yield { kind: "delete", id, condition };
    else yield { kind: "put", id, condition, source: bytes.subarray(idEnd, end) };
    at = end;
  }
}

function flagOf({ kind }: WriteCondition): number {
  return kind === "version" ? versionFlag : kind === "absent" ? absentFlag : 0;
}

function conditionOf(flags: number, version: number): WriteCondition {
  if ((flags & versionFlag) !== 0) return { kind: "version", version };
  return (flags & absentFlag) === 0 ? { kind: "none" } : { kind: "absent" };
}
