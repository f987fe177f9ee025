import type { ChangeLog, ChangePage } from "../changes/log.ts";
import { messageOf } from "../errors.ts";
import type { LogEra } from "../protocol/history.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import { type Random, sleep, type Timers } from "../time.ts";

export type ShardLogOptions = {
  definition: IndexDefinition;
  shard: number;
  log: Pick<ChangeLog, "read" | "eras">;
  timers: Timers;
  random: Random;
  /** Hears why the log cannot be read, when that begins or changes, and `undefined` once it can be again. */
  onTrouble: (detail: string | undefined) => void;
};

const retryDelayMs = 1_000;

/**
 * One shard's part of the change log, for whoever follows it. A log that cannot be read is asked again until it can be,
 * since nothing is wrong with what was read before: a replica goes on to serve that.
 */
export class ShardLog {
  readonly #options: ShardLogOptions;
  #trouble: string | undefined;

  constructor(options: ShardLogOptions) {
    this.#options = options;
  }

  /** Why the log cannot be read at the moment; undefined where it can be. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** The changes after a sequence, as the log's `read` gives them; throws what it threw once nobody wants them any more. */
  read(page: { after: number; limitBytes: number }, isWanted: () => boolean): Promise<ChangePage> {
    const { definition, shard, log } = this.#options;
    const { index, incarnation } = definition;
    return this.#patiently(() => log.read({ index, incarnation, shard, ...page }), isWanted);
  }

  /** The shard's history, as the log's `eras` gives it; throws what it threw once nobody wants it any more. */
  eras(isWanted: () => boolean): Promise<LogEra[]> {
    const { definition, shard, log } = this.#options;
    return this.#patiently(() => log.eras({ incarnation: definition.incarnation, shard }), isWanted);
  }

  async #patiently<Read>(read: () => Promise<Read>, isWanted: () => boolean): Promise<Read> {
    for (;;) {
      try {
        const found = await read();
        this.#tell(undefined);
        return found;
      } catch (error) {
        if (!isWanted()) throw error;
        this.#tell(messageOf(error));
        await sleep(retryDelayMs * (0.5 + this.#options.random.next()), this.#options.timers);
        if (!isWanted()) throw error;
      }
    }
  }

  #tell(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.onTrouble(trouble);
  }
}
