import type { Change } from "../protocol/change.ts";
import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";

/** When a write may happen: always, only on the version named, or only where no document stands. */
export type WriteCondition = { kind: "none" } | { kind: "version"; version: number } | { kind: "absent" };

export type DocumentWrite = { id: string; condition: WriteCondition } & (
  | { kind: "put"; source: Uint8Array }
  | { kind: "delete" }
);

/** What became of one write. `found` says for a delete whether there was anything to delete. */
export type WriteOutcome =
  | { kind: "written"; sequence: number; found: boolean }
  | { kind: "conflict"; currentVersion: number | undefined };

export type AppendResult = { kind: "appended"; outcomes: WriteOutcome[]; sequence: number } | { kind: "unknown_index" };

export type StoredDocument = { id: string; version: number; source: Uint8Array };

/** A page of changes, in sequence order. `upTo`: every change of the shard up to there is in this page or before it. */
export type ChangePage = { changes: Change[]; upTo: number; more: boolean };

export type CreateIndexResult =
  | { kind: "created" | "stands"; definition: IndexDefinition }
  | { kind: "differs"; definition: IndexDefinition };

/** A shard that has something new to read, up to `sequence`. */
export type AppendedShard = { index: string; incarnation: number; shard: number; sequence: number };

/**
 * The change log: the truth that leaves are views of. Everything that resolves here is durable: no crash of a process
 * or of the machine loses it. Sequences grow by appends; a document's version is its latest sequence. The log keeps
 * the latest change of every document; tombstones stay so that a late follower hears of a delete.
 * Errors: `overloaded` when too much is waiting, `internal` when the store refuses to write (a full disk).
 */
export type ChangeLog = {
  /** Appends all writes to one index in one durable step; each has its own outcome. `idempotencyKey` makes repeating it answer the first result. */
  append(index: string, writes: readonly DocumentWrite[], idempotencyKey?: string): Promise<AppendResult>;
  get(index: string, id: string): Promise<StoredDocument | undefined>;
  /** The changes of one shard after a sequence, at most `limitBytes` of sources (at least one change). */
  read(request: {
    index: string;
    incarnation: number;
    shard: number;
    after: number;
    limitBytes: number;
  }): Promise<ChangePage>;
  createIndex(index: string, settings: IndexSettings): Promise<CreateIndexResult>;
  dropIndex(index: string): Promise<boolean>;
  indexes(): Promise<IndexDefinition[]>;
  aliases(): Promise<Record<string, string>>;
  /** Points several aliases at once; `null` removes one. */
  setAliases(set: Record<string, string | null>): Promise<void>;
  /** The last sequence that was appended. */
  head(): Promise<number>;
  /** Calls back soon after each append with the shards that it touched. Returns the unsubscriber. */
  onAppend(listener: (appended: readonly AppendedShard[]) => void): () => void;
  /** Waits for what was accepted, then lets go of the store. */
  close(): Promise<void>;
};
