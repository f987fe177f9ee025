import type { KvWatchEntry } from "@nats-io/kv";
import type { QueuedIterator } from "@nats-io/nats-core";
import { sleep, systemTimers } from "../time.ts";
import type { JetStreamServer } from "./jetstream-server.ts";

const retryDelayMs = 200;

export type KeyWatchOptions = {
  /** A key of the catalog's bucket, or a pattern of keys. */
  key: string;
  /** Takes in one revision of a key. Where it fails it is called again, with the same. */
  onEntry: (entry: KvWatchEntry) => void | Promise<void>;
};

/**
 * Follows keys of the catalog's bucket, from the revisions that stand. None is missed for good: a watch that ends is
 * begun anew, and tells again what stands by then.
 */
export class KeyWatch {
  readonly #server: JetStreamServer;
  readonly #options: KeyWatchOptions;
  #entries: QueuedIterator<KvWatchEntry> | undefined;
  #closed = false;

  private constructor(server: JetStreamServer, options: KeyWatchOptions) {
    this.#server = server;
    this.#options = options;
  }

  static async open(server: JetStreamServer, options: KeyWatchOptions): Promise<KeyWatch> {
    const watch = new KeyWatch(server, options);
    void watch.#follow(await watch.#begin());
    return watch;
  }

  close(): void {
    this.#closed = true;
    this.#entries?.stop();
  }

  async #begin(): Promise<QueuedIterator<KvWatchEntry>> {
    const entries = await this.#server.catalog.watch({ key: this.#options.key });
    this.#entries = entries;
    if (this.#closed) entries.stop();
    return entries;
  }

  async #follow(first: QueuedIterator<KvWatchEntry>): Promise<void> {
    let entries: QueuedIterator<KvWatchEntry> | undefined = first;
    while (!this.#closed) {
      if (entries !== undefined) for await (const entry of entries) await this.#take(entry);
      if (this.#closed) return;
      await sleep(retryDelayMs, systemTimers);
      entries = await this.#begin().catch(() => undefined);
    }
  }

  async #take(entry: KvWatchEntry): Promise<void> {
    while (!this.#closed) {
      try {
        return await this.#options.onEntry(entry);
      } catch {
        // The server may be away just now, and it will not tell of this revision again.
        await sleep(retryDelayMs, systemTimers);
      }
    }
  }
}
