import type { LogEra } from "../protocol/history.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { SnapshotContents } from "./snapshot-files.ts";

/**
 * What a worker needs to write a snapshot. `memtables` are the living documents that no segment holds yet, as encoded
 * changes; they go into a segment of their own, under the name `memtableFile`.
 */
export type SaveTask = SnapshotContents & {
  directory: string;
  definition: IndexDefinition;
  shard: number;
  memtables: readonly Uint8Array[];
  memtableFile: string;
};

/** What a worker needs to read one, and to tell whether it may be believed. */
export type LoadTask = { directory: string; definition: IndexDefinition; shard: number; eras: readonly LogEra[] };
