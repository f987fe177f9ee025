import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { afterPoll } from "../time.ts";
import { isFull, storageError } from "./database.ts";
import type { StoreChange, StoreReply, ThreadNews, ThreadOptions, ThreadRequest } from "./messages.ts";
import { Store } from "./store.ts";

/** One group takes what is waiting up to these, so that the first of them does not wait for ever. */
const groupChangesMax = 1_024;
const groupBytesMax = 8 << 20;

type Asked<Ask> = { request: number; ask: Ask };

/**
 * The embedded log's thread: takes everything that is waiting, makes it durable with one sync of the disk, answers, and
 * begins again with what came meanwhile. In between it frees what dropped indexes and old deletes take.
 */
class LogThread {
  readonly #port: MessagePort;
  readonly #store: Store;
  #waiting: ThreadRequest | undefined;
  #reclaiming: "going" | "done" | "refused" = "going";

  constructor(port: MessagePort, options: ThreadOptions) {
    this.#port = port;
    this.#store = new Store(options);
    port.on("message", (request: ThreadRequest) => this.#serve(request));
    port.postMessage("open");
    afterPoll(() => this.#reclaim());
  }

  #serve(first: ThreadRequest): void {
    this.#waiting = first;
    while (this.#waiting !== undefined) {
      const { changes, queries, closing } = this.#takeGroup();
      const news: ThreadNews = { replies: [], appended: [] };
      if (changes.length > 0) this.#commit(changes, news);
      for (const { request, ask } of queries) news.replies.push({ request, reply: this.#answer(ask) });
      if (closing !== undefined) this.#close(closing, news);
      this.#post(news);
    }
  }

  /** What is waiting, in the order in which it came, up to a group's size or the end. */
  #takeGroup(): {
    changes: Asked<StoreChange>[];
    queries: Asked<Parameters<Store["query"]>[0]>[];
    closing: number | undefined;
  } {
    const changes: Asked<StoreChange>[] = [];
    const queries: Asked<Parameters<Store["query"]>[0]>[] = [];
    let sizeBytes = 0;
    while (this.#waiting !== undefined) {
      const { request, ask } = this.#waiting;
      this.#waiting = this.#next();
      if (ask.kind === "close") return { changes, queries, closing: request };
      if (isChange(ask)) changes.push({ request, ask });
      else queries.push({ request, ask });
      sizeBytes += ask.kind === "append" ? ask.writes.length : 0;
      if (changes.length + queries.length >= groupChangesMax || sizeBytes >= groupBytesMax) break;
    }
    return { changes, queries, closing: undefined };
  }

  #next(): ThreadRequest | undefined {
    const received: { message: ThreadRequest } | undefined = receiveMessageOnPort(this.#port);
    return received?.message;
  }

  #commit(asked: readonly Asked<StoreChange>[], news: ThreadNews): void {
    try {
      const { replies, appended } = this.#store.commit(asked.map(({ ask }) => ask));
      asked.forEach(({ request }, i) => {
        const reply = replies[i];
        if (reply !== undefined) news.replies.push({ request, reply });
      });
      news.appended.push(...appended);
      const isDropping = asked.some(({ ask }) => ask.kind === "dropIndex");
      if (this.#reclaiming === "refused" || isDropping || this.#store.hasOldDeletes) this.#startReclaiming();
    } catch (error) {
      // Whether the disk is full depends on what is asked of it: a small write may still find room.
      if (asked.length > 1 && isFull(error)) for (const one of asked) this.#commit([one], news);
      else for (const { request } of asked) news.replies.push({ request, reply: failed(error) });
    }
  }

  #answer(query: Parameters<Store["query"]>[0]): StoreReply {
    try {
      return this.#store.query(query);
    } catch (error) {
      return failed(error);
    }
  }

  #close(request: number, news: ThreadNews): void {
    this.#reclaiming = "done";
    this.#store.close();
    news.replies.push({ request, reply: { kind: "done" } });
  }

  #post(news: ThreadNews): void {
    const pages = news.replies.flatMap(({ reply }) => (reply.kind === "page" ? [reply.batch.buffer] : []));
    this.#port.postMessage(news, pages);
  }

  #startReclaiming(): void {
    if (this.#reclaiming === "going") return;
    this.#reclaiming = "going";
    afterPoll(() => this.#reclaim());
  }

  #reclaim(): void {
    if (this.#reclaiming !== "going") return;
    try {
      if (!this.#store.reclaimSome()) this.#reclaiming = "done";
    } catch {
      // Freeing needs room too: the next change that finds some begins again.
      this.#reclaiming = "refused";
    }
    if (this.#reclaiming === "going") afterPoll(() => this.#reclaim());
  }
}

const changeKinds: ReadonlySet<string> = new Set<StoreChange["kind"]>([
  ...(["append", "createIndex", "dropIndex", "setAliases", "setMember", "removeMember"] as const),
]);

function isChange(ask: Exclude<ThreadRequest["ask"], { kind: "close" }>): ask is StoreChange {
  return changeKinds.has(ask.kind);
}

function failed(error: unknown): StoreReply {
  const { code, message } = storageError(error);
  return { kind: "failed", code, detail: message };
}

if (parentPort !== null) {
  const options: ThreadOptions = workerData;
  try {
    new LogThread(parentPort, options);
  } catch (error) {
    const { code, message } = storageError(error);
    parentPort.postMessage({ code, detail: message });
  }
}
