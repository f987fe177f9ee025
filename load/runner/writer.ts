import type { DemoDocument } from "../../data/corpus.ts";
import { createClient } from "../../src/command/client.ts";
import type { Timer, Timers } from "../../src/time.ts";
import { linesOf } from "../driver/live-cluster.ts";

const everyMs = 100;

/** Writes documents that are there already, over and over, at a rate that can be changed. */
export class DocumentWriter {
  readonly #url: string;
  readonly #path: string;
  readonly #documents: readonly DemoDocument[];
  readonly #timers: Timers;
  #perSecond = 0;
  #turn = 0;
  #owed = 0;
  #timer: Timer | undefined;
  written = 0;
  failures = 0;

  constructor(
    target: { url: string; index: string },
    { documents, timers }: { documents: readonly DemoDocument[]; timers: Timers },
  ) {
    this.#url = target.url;
    this.#path = `/v1/indexes/${target.index}/documents`;
    this.#documents = documents;
    this.#timers = timers;
  }

  /** From now on this many a second; 0 stops. */
  set(documentsPerSecond: number): void {
    this.#perSecond = documentsPerSecond;
    if (documentsPerSecond > 0 && this.#timer === undefined) this.#next();
    if (documentsPerSecond > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #next(): void {
    this.#timer = this.#timers.after(everyMs, () => {
      if (this.#perSecond === 0) return;
      this.#next();
      this.#owed += (this.#perSecond * everyMs) / 1_000;
      const count = Math.floor(this.#owed);
      this.#owed -= count;
      if (count > 0) void this.#write(count);
    });
  }

  async #write(count: number): Promise<void> {
    const documents = Array.from({ length: count }, () => this.#draw()).filter((document) => document !== undefined);
    const lines = new Uint8Array(Buffer.concat([...linesOf(documents)]));
    const answer = await createClient(this.#url)
      .request(this.#path, { method: "POST", lines })
      .catch(() => undefined);
    if (answer?.status === 200) this.written += count;
    else this.failures += count;
  }

  #draw(): DemoDocument | undefined {
    this.#turn = (this.#turn + 1) % this.#documents.length;
    return this.#documents[this.#turn];
  }
}
