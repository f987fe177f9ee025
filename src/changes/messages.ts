import type { ErrorCode } from "../errors.ts";
import type { LogEra } from "../protocol/history.ts";
import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";
import type { AppendedShard, CreateIndexResult, Forgotten, IndexLife, LogShard, StoredDocument } from "./log.ts";
import type { Announcement } from "./members.ts";
import type { OutcomeRun } from "./outcome-runs.ts";

/** How the log's thread is started. */
export type ThreadOptions = { directory: string; sizeBytesMax: number | undefined; deletesKept: number };

/** What changes the store: carried out in groups, each group durable in one step. */
export type StoreChange =
  | ({ kind: "append"; writes: Uint8Array<ArrayBuffer>; idempotencyKey: string | undefined } & IndexLife)
  | { kind: "createIndex"; index: string; settings: IndexSettings }
  | { kind: "dropIndex"; index: string; incarnation?: number }
  | { kind: "setAliases"; set: Record<string, string | null> }
  | { kind: "setMember"; member: Announcement }
  | { kind: "removeMember"; name: string };

export type ReadRequest = { index: string; incarnation: number; shard: number; after: number; limitBytes: number };

/** What only reads. */
export type StoreQuery =
  | { kind: "get"; index: string; id: string }
  | ({ kind: "read" } & ReadRequest)
  | { kind: "indexes" }
  | { kind: "aliases" }
  | { kind: "head" }
  | { kind: "members" }
  | { kind: "eras"; of: LogShard | undefined };

export type ThreadRequest = { request: number; ask: StoreChange | StoreQuery | { kind: "close" } };

export type StoreReply =
  | { kind: "appended"; runs: OutcomeRun[]; sequence: number }
  | { kind: "unknown_index" }
  | { kind: "index"; result: CreateIndexResult }
  | { kind: "dropped"; aliases: string[] | undefined }
  | { kind: "done" }
  | { kind: "document"; document: StoredDocument | undefined }
  | { kind: "page"; batch: Uint8Array<ArrayBuffer>; upTo: number; more: boolean; forgotten: Forgotten | undefined }
  | { kind: "definitions"; definitions: IndexDefinition[] }
  | { kind: "targets"; targets: Record<string, string> }
  | { kind: "sequence"; sequence: number }
  | { kind: "members"; members: Announcement[] }
  | { kind: "eras"; eras: LogEra[] }
  | { kind: "failed"; code: ErrorCode; detail: string };

/** What the thread has to say after a group: the answers, and the shards that have something new. */
export type ThreadNews = { replies: { request: number; reply: StoreReply }[]; appended: AppendedShard[] };
