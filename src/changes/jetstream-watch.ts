import { sleep, systemTimers } from "../time.ts";
import type { JetStreamCatalog } from "./jetstream-catalog.ts";
import { changeAddress } from "./jetstream-names.ts";
import { type PullEnd, Puller } from "./jetstream-pull.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import { Listeners } from "./listeners.ts";
import type { AppendedShard, ChangeLog } from "./log.ts";

type Listener = Parameters<ChangeLog["onAppend"]>[0];

const pullMessages = 1_000;
const pullWaitMs = 2_000;
const retryDelayMs = 200;

/**
 * What this root knows of the stream's growth: from its own appends at once, from those of other roots by following
 * the stream's headers.
 */
export class JetStreamWatch {
  readonly #server: JetStreamServer;
  readonly #catalog: JetStreamCatalog;
  readonly #listeners = new Listeners<Parameters<Listener>>();
  readonly #announced = new Map<string, number>();
  #head: number;
  #news = new Map<string, AppendedShard>();
  #scheduled = false;
  #closed = false;
  #puller: Puller | undefined;
  readonly #leave: () => void;

  constructor(server: JetStreamServer, catalog: JetStreamCatalog) {
    this.#server = server;
    this.#catalog = catalog;
    this.#head = server.head;
    this.#leave = catalog.onChange(() => this.#forgetDropped());
    void this.#follow();
  }

  /** The highest sequence that this root has heard of. */
  get head(): number {
    return this.#head;
  }

  /** Takes in that the stream has grown to a sequence. */
  advance(sequence: number): void {
    if (sequence > this.#head) this.#head = sequence;
  }

  onAppend(listener: Listener): () => void {
    return this.#listeners.add(listener);
  }

  /** Tells listeners what is news to them: a shard's sequences are announced in order, and each once. */
  announce(appended: readonly AppendedShard[]): void {
    const news = appended.filter(({ incarnation, shard, sequence }) => {
      const key = `${incarnation}.${shard}`;
      if (sequence <= (this.#announced.get(key) ?? 0)) return false;
      this.#announced.set(key, sequence);
      return true;
    });
    if (news.length > 0) this.#listeners.tell(news);
  }

  close(): void {
    this.#closed = true;
    this.#leave();
    this.#puller?.close();
    this.#listeners.clear();
  }

  #forgetDropped(): void {
    for (const key of this.#announced.keys()) {
      if (this.#catalog.nameOf(Number.parseInt(key, 10)) === undefined) this.#announced.delete(key);
    }
  }

  async #follow(): Promise<void> {
    let from = this.#head + 1;
    while (!this.#closed) {
      try {
        const puller = await Puller.open(this.#server, { from, headersOnly: true });
        this.#puller = puller;
        const onMessage = ({ subject, sequence }: { subject: string; sequence: number }): void => {
          from = sequence + 1;
          this.#hear(subject, sequence);
        };
        let how: PullEnd = "filled";
        while (how !== "silent" && how !== "gone" && !this.#closed) {
          how = await puller.pull({ messages: pullMessages, waitMs: pullWaitMs, onMessage });
        }
        puller.close();
      } catch {
        // The server is away; what it takes in meanwhile is heard of afterwards.
      }
      if (!this.#closed) await sleep(retryDelayMs, systemTimers);
    }
  }

  #hear(subject: string, sequence: number): void {
    this.advance(sequence);
    const address = changeAddress(subject);
    if (address === undefined) return;
    const { incarnation, shard } = address;
    // An index that is not known here yet is read from its beginning when it is.
    const index = this.#catalog.nameOf(incarnation);
    if (index === undefined) return;
    this.#news.set(`${incarnation}.${shard}`, { index, incarnation, shard, sequence });
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      const news = [...this.#news.values()];
      this.#news = new Map();
      this.announce(news);
    });
  }
}
