import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { sharedBytes } from "../engine/shared-arrays.ts";

/** A file that is not what it should be; `message` says in what way. */
export class DamagedFile extends Error {
  override readonly name = "DamagedFile";
}

/** "HDGRFILE", then: u32 format, u32 CRC-32 of the contents, f64 size of the contents in bytes. */
const magic = Buffer.from("HDGRFILE");
const prefixBytes = 24;

/**
 * Writes a file whose every change can be noticed. It is under its name only once it is whole and on the disk, so that
 * a crash leaves the old one, or none, and a failure nothing beside it; nobody else may read it. Answers its size in
 * bytes. Blocks.
 */
export function writeCheckedFile(path: string, format: number, parts: readonly Uint8Array[]): number {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const prefix = Buffer.alloc(prefixBytes);
  magic.copy(prefix);
  prefix.writeUInt32LE(format, 8);
  prefix.writeUInt32LE(
    parts.reduce((checksum, part) => crc32(part, checksum), 0),
    12,
  );
  prefix.writeDoubleLE(sizeBytes, 16);
  const aside = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeSynced(aside, [prefix, ...parts]);
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
  return prefixBytes + sizeBytes;
}

/** Reads such a file into shared memory. Throws a `DamagedFile`, or the operating system's error. Blocks. */
export function readCheckedFile(path: string, format: number): Uint8Array {
  const handle = openSync(path, "r");
  try {
    const prefix = Buffer.alloc(prefixBytes);
    if (readWhole(handle, prefix, 0) < prefixBytes) throw new DamagedFile("it is cut short");
    if (!prefix.subarray(0, magic.length).equals(magic)) throw new DamagedFile("it is no file of Hedgerow");
    const found = prefix.readUInt32LE(8);
    if (found !== format) throw new DamagedFile(`it has format ${found}, not ${format}`);
    const sizeBytes = prefix.readDoubleLE(16);
    if (fstatSync(handle).size !== prefixBytes + sizeBytes) throw new DamagedFile("its size is wrong");
    const contents = sharedBytes(sizeBytes);
    if (readWhole(handle, contents, prefixBytes) < contents.length) throw new DamagedFile("it is cut short");
    if (crc32(contents) !== prefix.readUInt32LE(12)) throw new DamagedFile("its checksum is wrong");
    return contents;
  } finally {
    closeSync(handle);
  }
}

/** Makes what was created, renamed or removed in a directory durable. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** One call writes and reads less than two gibibytes. */
const callBytesMax = 1 << 30;

function writeSynced(path: string, parts: readonly Uint8Array[]): void {
  const handle = openSync(path, "w", 0o600);
  try {
    for (const part of parts) writeAll(handle, part);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at, Math.min(bytes.length - at, callBytesMax));
}

function readWhole(handle: number, into: Uint8Array, position: number): number {
  let at = 0;
  while (at < into.length) {
    const read = readSync(handle, into, at, Math.min(into.length - at, callBytesMax), position + at);
    if (read === 0) break;
    at += read;
  }
  return at;
}
