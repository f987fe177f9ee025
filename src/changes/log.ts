import type { Change } from "../protocol/change.ts";
import type { LogEra } from "../protocol/history.ts";
import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";
import type { MemberLog } from "./members.ts";

/** When a write may happen: always, only on the version named, or only where no document stands. */
export type WriteCondition = { kind: "none" } | { kind: "version"; version: number } | { kind: "absent" };

export type DocumentWrite = { id: string; condition: WriteCondition } & (
  | { kind: "put"; source: Uint8Array }
  | { kind: "delete" }
);

/**
 * What became of one write: it holds from `sequence` on. `found` says whether a document stood there before; a delete
 * that found none leaves no tombstone.
 */
export type WriteOutcome =
  | { kind: "written"; sequence: number; found: boolean }
  | { kind: "conflict"; currentVersion: number | undefined };

export type AppendResult = { kind: "appended"; outcomes: WriteOutcome[]; sequence: number } | { kind: "unknown_index" };

export type StoredDocument = { id: string; version: number; source: Uint8Array };

/**
 * A page of changes, in sequence order. `upTo`: every change of the shard up to there is in this page or before it.
 * `forgotten`: the last time that the shard's log had forgotten deletes when this was read; whoever has not heard of it
 * (see `eras`) must not take the page.
 */
export type ChangePage = { changes: Change[]; upTo: number; more: boolean; forgotten: Forgotten | undefined };

/** The era that began when deletes up to a sequence were forgotten. */
export type Forgotten = { id: string; deletes: number };

/** One life of an index: a name may stand for another by now. */
export type IndexLife = { index: string; incarnation: number };

/** One shard of one life of an index. */
export type LogShard = { incarnation: number; shard: number };

export type CreateIndexResult =
  | { kind: "created" | "stands"; definition: IndexDefinition }
  | { kind: "differs"; definition: IndexDefinition };

/** A shard that has something new to read, up to `sequence`. */
export type AppendedShard = { index: string; incarnation: number; shard: number; sequence: number };

/**
 * The change log: the truth that leaves are views of. Everything that resolves here is durable: no crash of a process
 * or of the machine loses it. Sequences grow by appends; a document's version is its latest sequence. The log keeps
 * the latest change of every document; of its deletes each shard keeps the latest, for late followers to hear of, and
 * forgets the others.
 * Errors: `overloaded` when too much is waiting, `storage_unavailable` when the store cannot be written to (a full disk;
 * reading goes on), `not_ready` after closing, `write_uncertain` when nobody knows what became of a write: making it
 * again does no harm.
 */
export type ChangeLog = {
  /** The largest document that the log can hold, in bytes; without it there is no such limit. */
  readonly documentBytesMax?: number;
  /**
   * Appends all writes to one index in one durable step; each has its own outcome. `unknown_index`: this life of it does
   * not stand any more, and nothing was written into another, whose fields may be of other types. `idempotencyKey` makes
   * repeating it answer the first result, as long as the log remembers the key: the last ones that came, by number and by
   * size. A key that comes with other writes is an `invalid_request`.
   */
  append(to: IndexLife, writes: readonly DocumentWrite[], idempotencyKey?: string): Promise<AppendResult>;
  get(index: string, id: string): Promise<StoredDocument | undefined>;
  /**
   * The changes of one shard after a sequence, at most `limitBytes` of sources (at least one change). On the last page
   * `upTo` is the head of the log. An index that was dropped has none.
   */
  read(request: {
    index: string;
    incarnation: number;
    shard: number;
    after: number;
    limitBytes: number;
  }): Promise<ChangePage>;
  /**
   * Creates an index unless it stands: with the same settings (the placement's salt apart, which the first creation
   * decides), or with others. Its incarnation is a sequence. An alias of that name is `index_exists`.
   */
  createIndex(index: string, settings: IndexSettings): Promise<CreateIndexResult>;
  /**
   * Drops an index and the aliases that point at it; its space is freed in the background. With an incarnation only that
   * life of it: another one stays. Answers the aliases that went with it, in order; undefined where it dropped nothing.
   */
  dropIndex(index: string, incarnation?: number): Promise<string[] | undefined>;
  indexes(): Promise<IndexDefinition[]>;
  aliases(): Promise<Record<string, string>>;
  /** Points several aliases at once, or none if one cannot be: `null` removes one. */
  setAliases(set: Record<string, string | null>): Promise<void>;
  /** The last sequence that was appended. */
  head(): Promise<number>;
  /**
   * The log's history, oldest first: an era begins whenever the log may have been put back to an earlier state before.
   * A follower that stood beyond an era's end, or in an era that is not listed, holds what the log never had. That of a
   * shard also tells when deletes were forgotten: a follower that stood before them may hold what is gone.
   */
  eras(shard?: LogShard): Promise<LogEra[]>;
  /** Calls back soon after each append with the shards that it touched. Returns the unsubscriber. */
  onAppend(listener: (appended: readonly AppendedShard[]) => void): () => void;
  /** Calls back soon after indexes or aliases have changed, whoever has changed them. Returns the unsubscriber. */
  onDefinitions(listener: () => void): () => void;
  /** The leaves that have announced themselves. */
  readonly members: MemberLog;
  /** Waits for what was accepted, then lets go of the store. */
  close(): Promise<void>;
};
