import { sleep, systemTimers } from "../time.ts";
import type { JetStreamCatalog } from "./jetstream-catalog.ts";
import { changeStream, incarnationFilter, receiptFilter, receiptStream } from "./jetstream-names.ts";
import type { JetStreamServer } from "./jetstream-server.ts";

const retryDelayMs = 500;

export type JetStreamReclaimerOptions = {
  server: JetStreamServer;
  catalog: JetStreamCatalog;
  /** Waits for the appends that are under way. */
  settled: () => Promise<unknown>;
};

/**
 * Frees what dropped indexes leave in the streams, until nothing is left of them. Each root does it that learns of a
 * drop, behind its own last writes to the index; what none could finish stands in the catalog, for whoever opens the log.
 */
export class JetStreamReclaimer {
  readonly #options: JetStreamReclaimerOptions;
  readonly #running = new Map<number, Promise<void>>();
  readonly #leave: () => void;
  #standing = new Set<number>();
  #closed = false;

  constructor(options: JetStreamReclaimerOptions) {
    this.#options = options;
    this.#leave = options.catalog.onChange(() => this.#look());
    this.#look();
  }

  /** Waits for what is under way. What fails by then is left to whoever opens the log again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#leave();
    await Promise.all(this.#running.values());
  }

  #look(): void {
    const { catalog } = this.#options;
    const before = this.#standing;
    this.#standing = new Set(catalog.definitions.map(({ incarnation }) => incarnation));
    const gone = [...before].filter((incarnation) => !this.#standing.has(incarnation));
    for (const incarnation of [...gone, ...catalog.dropped]) {
      if (this.#running.has(incarnation)) continue;
      const done = this.#reclaim(incarnation).finally(() => this.#running.delete(incarnation));
      this.#running.set(incarnation, done);
    }
  }

  async #reclaim(incarnation: number): Promise<void> {
    const { admin } = this.#options.server;
    await this.#options.settled();
    do {
      try {
        await admin.streams.purge(changeStream, { filter: incarnationFilter(incarnation) });
        await admin.streams.purge(receiptStream, { filter: receiptFilter(incarnation) });
        return await this.#options.catalog.forget(incarnation);
      } catch {
        // The server is away, or takes longer than a request waits: it goes on by itself, and is asked again.
        if (!this.#closed) await sleep(retryDelayMs, systemTimers);
      }
    } while (!this.#closed);
  }
}
