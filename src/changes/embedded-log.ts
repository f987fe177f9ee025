import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { type ErrorCode, HedgerowError } from "../errors.ts";
import { decodeChanges } from "../protocol/batch.ts";
import type { LogEra } from "../protocol/history.ts";
import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";
import { checkAppend } from "./check-append.ts";
import { EmbeddedMembers } from "./embedded-members.ts";
import { Listeners } from "./listeners.ts";
import type {
  AppendResult,
  ChangeLog,
  ChangePage,
  CreateIndexResult,
  DocumentWrite,
  IndexLife,
  LogShard,
  StoredDocument,
} from "./log.ts";
import type { ReadRequest, StoreChange, StoreReply, ThreadOptions } from "./messages.ts";
import { outcomesOf } from "./outcome-runs.ts";
import { packWrites } from "./packed-writes.ts";
import { ThreadCalls } from "./thread-calls.ts";

export type EmbeddedLogOptions = {
  /** Where the log's file is; made where it is missing. */
  directory: string;
  /** How many bytes of writes may wait for the disk before more are refused as `overloaded`. */
  waitingBytesMax?: number;
  /** How large the file may grow; beyond it writes are refused as `storage_unavailable`. */
  sizeBytesMax?: number;
  /** How many deletes of each shard are kept for late followers. */
  deletesKept?: number;
};

const defaultWaitingBytesMax = 64 << 20;
const deletesKeptDefault = 100_000;

/**
 * Opens the change log of one machine: SQLite in a thread of its own, so that waiting for the disk never holds up this
 * one. What waits at the same time becomes durable with one sync. Throws `storage_unavailable`, naming the file, when
 * it is in use by another process, damaged, of a newer version or out of reach.
 */
export async function createEmbeddedLog(options: EmbeddedLogOptions): Promise<ChangeLog> {
  const { directory, sizeBytesMax, waitingBytesMax = defaultWaitingBytesMax } = options;
  const { deletesKept = deletesKeptDefault } = options;
  const workerData: ThreadOptions = { directory, sizeBytesMax, deletesKept };
  const worker = new Worker(new URL(`./embedded-thread${extname(import.meta.url)}`, import.meta.url), { workerData });
  try {
    await opened(worker);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return new EmbeddedLog(new ThreadCalls(worker, waitingBytesMax));
}

function opened(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (message: "open" | { code: ErrorCode; detail: string }) => {
      worker.off("error", reject);
      if (message === "open") resolve();
      else reject(new HedgerowError(message.code, message.detail));
    });
  });
}

/** The change log as its thread's client. */
class EmbeddedLog implements ChangeLog {
  readonly #calls: ThreadCalls;
  readonly onAppend: ChangeLog["onAppend"];
  readonly members: ChangeLog["members"];
  readonly #definitionListeners = new Listeners();

  constructor(calls: ThreadCalls) {
    this.#calls = calls;
    this.onAppend = (listener) => calls.onAppend(listener);
    this.members = membersOver(calls);
  }

  async append(to: IndexLife, writes: readonly DocumentWrite[], idempotencyKey?: string): Promise<AppendResult> {
    const { index, incarnation } = to;
    checkAppend(writes, idempotencyKey);
    const packed = packWrites(writes);
    const ask = { kind: "append", index, incarnation, writes: packed, idempotencyKey } as const;
    const reply = await this.#calls.write(ask, packed.length);
    if (reply.kind === "unknown_index") return { kind: "unknown_index" };
    if (reply.kind !== "appended") return unexpected(reply);
    return { kind: "appended", outcomes: outcomesOf(reply.runs), sequence: reply.sequence };
  }

  async get(index: string, id: string): Promise<StoredDocument | undefined> {
    const reply = await this.#calls.read({ kind: "get", index, id });
    return reply.kind === "document" ? reply.document : unexpected(reply);
  }

  async read(request: ReadRequest): Promise<ChangePage> {
    const reply = await this.#calls.read({ kind: "read", ...request });
    if (reply.kind !== "page") return unexpected(reply);
    const { batch, upTo, more, forgotten } = reply;
    return { changes: decodeChanges(batch), upTo, more, forgotten };
  }

  async createIndex(index: string, settings: IndexSettings): Promise<CreateIndexResult> {
    const reply = await this.#define({ kind: "createIndex", index, settings });
    return reply.kind === "index" ? reply.result : unexpected(reply);
  }

  async dropIndex(index: string, incarnation?: number): Promise<string[] | undefined> {
    const only = incarnation === undefined ? {} : { incarnation };
    const reply = await this.#define({ kind: "dropIndex", index, ...only });
    return reply.kind === "dropped" ? reply.aliases : unexpected(reply);
  }

  async indexes(): Promise<IndexDefinition[]> {
    const reply = await this.#calls.read({ kind: "indexes" });
    return reply.kind === "definitions" ? reply.definitions : unexpected(reply);
  }

  async aliases(): Promise<Record<string, string>> {
    const reply = await this.#calls.read({ kind: "aliases" });
    return reply.kind === "targets" ? reply.targets : unexpected(reply);
  }

  async setAliases(set: Record<string, string | null>): Promise<void> {
    const reply = await this.#define({ kind: "setAliases", set });
    if (reply.kind !== "done") unexpected(reply);
  }

  onDefinitions(listener: () => void): () => void {
    return this.#definitionListeners.add(listener);
  }

  async #define(change: Exclude<StoreChange, { kind: "append" }>): Promise<StoreReply> {
    const reply = await this.#calls.write(change);
    this.#definitionListeners.tell();
    return reply;
  }

  async head(): Promise<number> {
    const reply = await this.#calls.read({ kind: "head" });
    return reply.kind === "sequence" ? reply.sequence : unexpected(reply);
  }

  async eras(of?: LogShard): Promise<LogEra[]> {
    const reply = await this.#calls.read({ kind: "eras", of });
    return reply.kind === "eras" ? reply.eras : unexpected(reply);
  }

  close(): Promise<void> {
    return this.#calls.close();
  }
}

function membersOver(calls: ThreadCalls): EmbeddedMembers {
  const change = async (ask: StoreChange): Promise<void> => {
    const reply = await calls.write(ask);
    if (reply.kind !== "done") unexpected(reply);
  };
  return new EmbeddedMembers({
    async read() {
      const reply = await calls.read({ kind: "members" });
      return reply.kind === "members" ? reply.members : unexpected(reply);
    },
    set: (member) => change({ kind: "setMember", member }),
    remove: (name) => change({ kind: "removeMember", name }),
  });
}

function unexpected(reply: StoreReply): never {
  if (reply.kind === "failed") throw new HedgerowError(reply.code, reply.detail);
  throw new HedgerowError("internal", `the change log answered ${reply.kind}, which was not asked for`);
}
