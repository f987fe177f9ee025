import type { Worker } from "node:worker_threads";
import { HedgerowError, messageOf } from "../errors.ts";
import { Listeners } from "./listeners.ts";
import type { ChangeLog } from "./log.ts";
import type { StoreChange, StoreQuery, StoreReply, ThreadNews, ThreadRequest } from "./messages.ts";

type Waiting = {
  resolve: (reply: StoreReply) => void;
  reject: (error: Error) => void;
  sizeBytes: number;
  writes: boolean;
};
type Listener = Parameters<ChangeLog["onAppend"]>[0];

/** What a call counts beside the bytes it carries. */
const callBytes = 256;
const readsMax = 10_000;
/** What a call counts that only reads. */
const reading = { sizeBytes: 0, writes: false };
/** Copying less than this to the thread is cheaper than handing its memory over. */
const handOverBytesMin = 32 << 10;

/** The calls to the log's thread that wait for an answer, bounded in bytes and in number. */
export class ThreadCalls {
  readonly #worker: Worker;
  readonly #waitingBytesMax: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Listeners<Parameters<Listener>>();
  #waitingBytes = 0;
  #waitingReads = 0;
  #lastRequest = 0;
  #broken: HedgerowError | undefined;
  #closed: Promise<void> | undefined;

  constructor(worker: Worker, waitingBytesMax: number) {
    this.#worker = worker;
    this.#waitingBytesMax = waitingBytesMax;
    worker.on("message", (news: ThreadNews) => this.#take(news));
    worker.on("error", (error) => this.#break(messageOf(error)));
    worker.on("exit", (code) => this.#break(`exit code ${code}`));
  }

  /** Asks for a change that carries `sizeBytes`. Refused as `overloaded` when too much is waiting already. */
  async write(ask: StoreChange, sizeBytes = 0): Promise<StoreReply> {
    const countedBytes = sizeBytes + callBytes;
    // Whatever its size, a change is taken when it is the only one: otherwise it could never be made.
    if (this.#waitingBytes > 0 && this.#waitingBytes + countedBytes > this.#waitingBytesMax) {
      const detail = `${this.#waitingBytes} bytes of writes are waiting for the disk; send this again later`;
      throw new HedgerowError("overloaded", detail);
    }
    return this.#ask(ask, { sizeBytes: countedBytes, writes: true });
  }

  async read(ask: StoreQuery): Promise<StoreReply> {
    if (this.#waitingReads >= readsMax) {
      throw new HedgerowError("overloaded", `${readsMax} reads are waiting for the change log; send this again later`);
    }
    this.#waitingReads++;
    try {
      return await this.#ask(ask, reading);
    } finally {
      this.#waitingReads--;
    }
  }

  onAppend(listener: Listener): () => void {
    return this.#listeners.add(listener);
  }

  /** Waits for the calls that were made; those that come later are refused. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#broken !== undefined) return;
    const done = this.#ask({ kind: "close" }, reading);
    this.#broken = new HedgerowError("not_ready", "the change log is closed");
    await done;
    await this.#worker.terminate();
  }

  #ask(ask: ThreadRequest["ask"], call: Pick<Waiting, "sizeBytes" | "writes">): Promise<StoreReply> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const request = ++this.#lastRequest;
    const { sizeBytes } = call;
    const handedOver = ask.kind === "append" && sizeBytes >= handOverBytesMin ? [ask.writes.buffer] : [];
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject, ...call });
      this.#waitingBytes += sizeBytes;
      this.#worker.postMessage({ request, ask } satisfies ThreadRequest, handedOver);
    });
  }

  #take({ replies, appended }: ThreadNews): void {
    for (const { request, reply } of replies) {
      const waiting = this.#waiting.get(request);
      if (waiting === undefined) continue;
      this.#waiting.delete(request);
      this.#waitingBytes -= waiting.sizeBytes;
      waiting.resolve(reply);
    }
    if (appended.length > 0) this.#listeners.tell(appended);
  }

  /** The thread is gone. What was to be written may or may not have become durable; what comes now will not. */
  #break(cause: string): void {
    const detail = `the change log's thread has stopped: ${cause}`;
    this.#broken ??= new HedgerowError("storage_unavailable", detail);
    const uncertain = new HedgerowError("write_uncertain", `${detail}; what was sent may have been written`);
    for (const { reject, writes } of this.#waiting.values()) reject(writes ? uncertain : this.#broken);
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }
}
