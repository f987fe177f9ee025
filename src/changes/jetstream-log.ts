import { HedgerowError } from "../errors.ts";
import { shardOf } from "../protocol/hashing.ts";
import type { LogEra } from "../protocol/history.ts";
import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";
import { checkAppend } from "./check-append.ts";
import { JetStreamAppender } from "./jetstream-appender.ts";
import { JetStreamCatalog } from "./jetstream-catalog.ts";
import { askSync, requireDurable } from "./jetstream-durability.ts";
import { JetStreamMembers } from "./jetstream-members.ts";
import { changeHead } from "./jetstream-message.ts";
import { changeStream, changeSubject } from "./jetstream-names.ts";
import { Patience } from "./jetstream-patience.ts";
import { JetStreamQueue } from "./jetstream-queue.ts";
import { JetStreamReader } from "./jetstream-reader.ts";
import { JetStreamReclaimer } from "./jetstream-reclaimer.ts";
import {
  cannotBeOpened,
  type JetStreamServer,
  type JetStreamServerOptions,
  openJetStream,
} from "./jetstream-server.ts";
import { JetStreamWatch } from "./jetstream-watch.ts";
import { largestDocumentBytes } from "./jetstream-writer.ts";
import type {
  AppendResult,
  ChangeLog,
  ChangePage,
  CreateIndexResult,
  DocumentWrite,
  IndexLife,
  StoredDocument,
} from "./log.ts";
import type { ReadRequest } from "./messages.ts";

export type JetStreamLogOptions = JetStreamServerOptions & {
  /** How many bytes of writes may wait for the server before more are refused as `overloaded`. */
  waitingBytesMax?: number;
  /** Where the server's monitoring answers; asked whether it syncs before it acknowledges. */
  monitor?: string;
};

const defaultWaitingBytesMax = 64 << 20;

/**
 * Opens the change log on NATS servers with JetStream, which any number of roots may share. A document is a subject
 * that keeps one message; conditions are checked by the server. Each document of an append is whole or not there, but
 * the append is no transaction: when a root dies in the middle, some of its documents are written. With an idempotency
 * key, repeating it writes the others. The message of a delete is kept for good: a server that is killed after removing
 * one may bring back the document that it had replaced, as what a stream's limits remove is not noted in its files at
 * once (nats-server 2.9) or ever (from 2.10 on, its issue 8505). Throws `storage_unavailable` when no server answers, one
 * does not fit, its only copy is not synced, or it is too old to outlive being killed.
 */
export async function createJetStreamLog(options: JetStreamLogOptions): Promise<ChangeLog> {
  const { replicas, monitor = "", acceptLoss = false } = options;
  if (replicas === 1 && !acceptLoss) requireDurable(await askSync(monitor), { replicas, accepted: false });
  const server = await openJetStream(options);
  const catalog = new JetStreamCatalog(server);
  const members = new JetStreamMembers(server);
  try {
    await catalog.open();
    await members.open();
  } catch (error) {
    await server.connection.close();
    throw cannotBeOpened(options, error);
  }
  return new JetStreamLog({ server, catalog, members }, options.waitingBytesMax ?? defaultWaitingBytesMax);
}

type Parts = {
  server: JetStreamServer;
  catalog: JetStreamCatalog;
  members: JetStreamMembers;
};

class JetStreamLog implements ChangeLog {
  readonly #server: JetStreamServer;
  readonly #catalog: JetStreamCatalog;
  readonly #watch: JetStreamWatch;
  readonly #appender: JetStreamAppender;
  readonly #reader: JetStreamReader;
  readonly #reclaimer: JetStreamReclaimer;
  readonly members: JetStreamMembers;
  readonly documentBytesMax: number;
  readonly #appending = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor({ server, catalog, members }: Parts, waitingBytesMax: number) {
    this.#server = server;
    this.#catalog = catalog;
    this.members = members;
    this.documentBytesMax = largestDocumentBytes(server);
    this.#watch = new JetStreamWatch(server, catalog);
    const queue = new JetStreamQueue(server, this.#watch, waitingBytesMax);
    this.#appender = new JetStreamAppender({ server, catalog, queue });
    this.#reader = new JetStreamReader(server);
    const settled = (): Promise<unknown> => Promise.allSettled(this.#appending);
    this.#reclaimer = new JetStreamReclaimer({ server, catalog, settled });
  }

  append(to: IndexLife, writes: readonly DocumentWrite[], idempotencyKey?: string): Promise<AppendResult> {
    return this.#track(async () => {
      checkAppend(writes, idempotencyKey);
      return this.#appender.append(to, writes, idempotencyKey);
    });
  }

  async get(index: string, id: string): Promise<StoredDocument | undefined> {
    return this.#track(async () => {
      const definition = this.#catalog.find(index);
      if (definition === undefined) return undefined;
      const { incarnation, settings } = definition;
      const subject = changeSubject({ incarnation, shard: shardOf(id, settings.shards), id });
      const message = await new Patience().read(() => this.#server.last(changeStream, subject));
      if (message === undefined || changeHead(message.header).kind === "delete") return undefined;
      return { id, version: message.seq, source: message.data };
    });
  }

  async read(request: ReadRequest): Promise<ChangePage> {
    return this.#track(async () => {
      const { head } = this.#watch;
      if (this.#catalog.nameOf(request.incarnation) === undefined) {
        return { changes: [], upTo: head, more: false, forgotten: undefined };
      }
      return { ...(await this.#reader.read(request, head)), forgotten: undefined };
    });
  }

  createIndex(index: string, settings: IndexSettings): Promise<CreateIndexResult> {
    return this.#track(async () => {
      const result = await this.#catalog.create(index, settings);
      this.#watch.advance(result.definition.incarnation);
      return result;
    });
  }

  dropIndex(index: string, incarnation?: number): Promise<string[] | undefined> {
    return this.#track(() => this.#catalog.drop(index, incarnation));
  }

  async indexes(): Promise<IndexDefinition[]> {
    return this.#track(async () => this.#catalog.definitions);
  }

  async aliases(): Promise<Record<string, string>> {
    return this.#track(async () => this.#catalog.aliases);
  }

  setAliases(set: Record<string, string | null>): Promise<void> {
    return this.#track(() => this.#catalog.setAliases(set));
  }

  /** One for the life of the stream: who puts it back to an earlier state must make it anew. */
  eras(): Promise<LogEra[]> {
    return this.#track(async () => {
      const { created } = await new Patience().read(() => this.#server.admin.streams.info(changeStream));
      return [{ id: created, since: 0 }];
    });
  }

  head(): Promise<number> {
    return this.#track(async () => {
      const { state } = await new Patience().read(() => this.#server.admin.streams.info(changeStream));
      this.#watch.advance(state.last_seq);
      return this.#watch.head;
    });
  }

  onAppend(listener: Parameters<ChangeLog["onAppend"]>[0]): () => void {
    return this.#watch.onAppend(listener);
  }

  onDefinitions(listener: () => void): () => void {
    return this.#catalog.onChange(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    while (this.#appending.size > 0) await Promise.allSettled(this.#appending);
    await this.#reclaimer.close();
    this.#watch.close();
    this.#catalog.close();
    this.members.close();
    this.#reader.close();
    // Lets the farewells go out, then leaves.
    await this.#server.connection.flush().catch(() => undefined);
    await this.#server.connection.close();
  }

  /** Keeps count of what `close` has to wait for; after it nothing is taken. */
  async #track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new HedgerowError("not_ready", "the change log is closed");
    const done = work();
    this.#appending.add(done);
    try {
      return await done;
    } finally {
      this.#appending.delete(done);
    }
  }
}
