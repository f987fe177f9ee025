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
  readonly #leave: () => void;
  #entries: QueuedIterator<KvWatchEntry> | undefined;
  #closed = false;

  private constructor(server: JetStreamServer, options: KeyWatchOptions) {
    this.#server = server;
    this.#options = options;
    // The server forgets the consumer of who was cut off for a while: the client would miss heartbeats for ten seconds first.
    this.#leave = server.onLost(() => this.#entries?.stop());
  }

  static async open(server: JetStreamServer, options: KeyWatchOptions): Promise<KeyWatch> {
    const watch = new KeyWatch(server, options);
    void watch.#follow(await watch.#begin());
    return watch;
  }

  close(): void {
    this.#closed = true;
    this.#leave();
    this.#entries?.stop();
  }

  async #begin(): Promise<QueuedIterator<KvWatchEntry>> {
    let lost = false;
    const begun = this.#server.catalog.watch({ key: this.#options.key }).then((entries) => {
      if (!lost) this.#entries = entries;
      if (this.#closed) entries.stop();
      return entries;
    });
    try {
      return await this.#server.answer(begun);
    } catch (error) {
      // It may come about all the same, and nobody would read it.
      lost = true;
      begun.then((entries) => entries.stop()).catch(() => undefined);
      throw error;
    }
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
