import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { packArrays, unpackArrays } from "../engine/packed-arrays.ts";
import { isSegmentData } from "../engine/segment-check.ts";
import type { SegmentData } from "../engine/segment-data.ts";
import { messageOf } from "../errors.ts";
import { isOnHistory, type LogEra, type LogPosition } from "../protocol/history.ts";
import { isRecord } from "../protocol/record.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import { DamagedFile, readCheckedFile, writeCheckedFile } from "./checked-file.ts";

/** Of segments and manifests alike; a change of either's shape, or of what their numbers mean, raises it. */
const format = 3;
const manifestName = "manifest";

/** Whose snapshot it is. `analysis` tells how documents were analyzed: terms of another analyzer would not be found. */
export type SnapshotOwner = { definition: IndexDefinition; shard: number; analysis: number };

/** A segment with the documents of it that were dead (ascending). */
export type SnapshotSegment = { file: string; dead: Uint32Array };

type Manifest = { owner: SnapshotOwner; position: LogPosition; segments: SnapshotSegment[] };

/** One replica's documents at one position. Segments that have `data` are not on the disk yet. */
export type SnapshotContents = {
  position: LogPosition;
  segments: readonly (SnapshotSegment & { data: SegmentData | undefined })[];
};

export type LoadedSnapshot = { position: LogPosition; segments: (SnapshotSegment & { data: SegmentData })[] };

/** What became of writing one. */
export type SnapshotSaved = { kind: "saved"; writtenBytes: number };

/** What was found where a snapshot should be. `unfit` is damaged, or of something else, or of another history. */
export type SnapshotLoading =
  | { kind: "loaded"; snapshot: LoadedSnapshot }
  | { kind: "none" }
  | { kind: "unfit"; detail: string };

/**
 * Writes a snapshot: first what segments are new, then, in one step, the manifest that names them all, then removes
 * what it does not name. Whatever interrupts this leaves the snapshot before it, or this one; a disk that takes no more
 * is left as it was. One that fails once the manifest has its name, as it is told to keep that, costs the snapshot: the log
 * has everything. Blocks.
 */
export function saveSnapshot(directory: string, owner: SnapshotOwner, contents: SnapshotContents): SnapshotSaved {
  const segments = contents.segments.map(({ file, dead }) => ({ file, dead }));
  const manifest: Manifest = { owner, position: contents.position, segments };
  const added = contents.segments.flatMap(({ file, data }) => (data === undefined ? [] : [{ file, data }]));
  const write = (name: string, arrays: object): number =>
    writeCheckedFile(join(directory, name), format, packArrays(arrays));
  let writtenBytes = 0;
  try {
    for (const { file, data } of added) writtenBytes += write(file, data);
    writtenBytes += write(manifestName, manifest);
  } catch (error) {
    // The next try takes other names: a disk that has filled up would be kept full by these.
    for (const { file } of added) rmSync(join(directory, file), { force: true });
    throw error;
  }
  const named = new Set([manifestName, ...segments.map(({ file }) => file)]);
  for (const name of readdirSync(directory)) if (!named.has(name)) rmSync(join(directory, name), { force: true });
  return { kind: "saved", writtenBytes };
}

/** Reads the snapshot of a replica, if it is whole, the owner's, and on the history of the log. Blocks. */
export function loadSnapshot(directory: string, owner: SnapshotOwner, eras: readonly LogEra[]): SnapshotLoading {
  try {
    if (!readdirSync(directory).includes(manifestName)) return { kind: "none" };
  } catch {
    return { kind: "none" };
  }
  try {
    const { position, segments } = readManifest(directory, owner);
    if (!isOnHistory(position, eras)) {
      return { kind: "unfit", detail: `its sequence ${position.sequence} is of another history than the log's` };
    }
    const loaded = segments.map(({ file, dead }) => ({ file, dead, data: readSegment(directory, file) }));
    return { kind: "loaded", snapshot: { position, segments: loaded } };
  } catch (error) {
    return { kind: "unfit", detail: messageOf(error) };
  }
}

function readManifest(directory: string, owner: SnapshotOwner): Manifest {
  const manifest = unpackArrays(readCheckedFile(join(directory, manifestName), format));
  if (!isManifest(manifest)) throw new DamagedFile("the manifest is not put together as one");
  if (manifest.owner.analysis !== owner.analysis) throw new DamagedFile("its documents were analyzed in another way");
  // Through JSON, as the one that was read has gone: it knows no undefined.
  const expected: unknown = JSON.parse(JSON.stringify(owner));
  if (!isDeepStrictEqual(manifest.owner, expected)) throw new DamagedFile("it is of another index or shard");
  return manifest;
}

function readSegment(directory: string, file: string): SegmentData {
  try {
    const data = unpackArrays(readCheckedFile(join(directory, file), format));
    if (!isSegmentData(data)) throw new DamagedFile("it is not put together as a segment");
    return data;
  } catch (error) {
    throw new DamagedFile(`${file}: ${messageOf(error)}`);
  }
}

function isManifest(value: unknown): value is Manifest {
  if (!isRecord(value)) return false;
  const { owner, position, segments } = value;
  return (
    isRecord(owner) &&
    "analysis" in owner &&
    isRecord(position) &&
    typeof position.era === "string" &&
    typeof position.sequence === "number" &&
    Array.isArray(segments) &&
    segments.every(isSnapshotSegment)
  );
}

function isSnapshotSegment(value: unknown): value is SnapshotSegment {
  return isRecord(value) && typeof value.file === "string" && value.dead instanceof Uint32Array;
}
