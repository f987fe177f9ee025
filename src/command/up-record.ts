import { rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import type { Timer, Timers } from "../time.ts";
import { writeWhole } from "./whole-file.ts";

const retryMs = 5_000;

type RecordParts = { directory: string; timers: Timers; onTrouble: (message: string) => void };

/**
 * `<data>/up.json`, in which a running `hedgerow up` says what runs where. Nothing of it rejects where the disk takes
 * nothing: searches go on then, and so must what starts their processes again. That is told once, and tried again until
 * it succeeds.
 */
export class UpRecord {
  readonly #path: string;
  readonly #parts: RecordParts;
  #latest: object | undefined;
  #written: Promise<void> = Promise.resolve();
  #retry: Timer | undefined;
  #isTold = false;

  constructor(parts: RecordParts) {
    this.#parts = parts;
    this.#path = join(parts.directory, "up.json");
  }

  /** Resolves once it was tried, after what is being written already. */
  write(content: object): Promise<void> {
    this.#latest = content;
    this.#retry?.cancel();
    this.#written = this.#written.then(() => this.#write());
    return this.#written;
  }

  /** Takes the file away, so that none tells of processes that are gone. */
  forget(): Promise<void> {
    this.#latest = undefined;
    this.#retry?.cancel();
    this.#written = this.#written.then(() => this.#remove());
    return this.#written;
  }

  async #write(): Promise<void> {
    const content = this.#latest;
    if (content === undefined) return;
    try {
      await writeWhole(this.#path, `${JSON.stringify(content, null, 2)}\n`);
      this.#isTold = false;
    } catch (error) {
      await this.#remove();
      if (!this.#isTold) this.#parts.onTrouble(`${this.#path} cannot be written: ${messageOf(error)}; trying again`);
      this.#isTold = true;
      if (this.#latest === content) this.#retry = this.#parts.timers.after(retryMs, () => void this.write(content));
    }
  }

  async #remove(): Promise<void> {
    for (const path of [this.#path, `${this.#path}.new`]) await rm(path, { force: true }).catch(() => undefined);
  }
}
