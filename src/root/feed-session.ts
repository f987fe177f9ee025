import type { ChangePage } from "../changes/log.ts";
import { encodeChanges } from "../protocol/batch.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { LeafLink } from "./leaf-link.ts";
import type { ShardLog } from "./shard-log.ts";

export type FeedSessionOptions = {
  definition: IndexDefinition;
  shard: number;
  link: LeafLink;
  log: ShardLog;
  /** Resolves when the next page may be sent. */
  letPass: () => Promise<void>;
  /** Called whenever `sequence` has grown. */
  onProgress: () => void;
};

/** Searches of the leaf wait behind a page on the same connection. */
const pageBytes = 1 << 20;
const littleBytes = 64 << 10;
/** A leaf may have a large snapshot to read before it answers. */
const openTimeoutMs = 60_000;
const applyTimeoutMs = 60_000;
const applyWindow = 2;

/**
 * What one life of a leaf is told of one replica, over one connection: it is asked how far it has got, and sent what
 * the log holds beyond that, in order. Ends with the connection or the first error; what it found out is then nobody's.
 */
export class FeedSession {
  readonly #options: FeedSessionOptions;
  #sequence = 0;
  #appliedSequence = 0;
  #sentSequence = 0;
  /** Whether the log holds more than the page that was read last. */
  #more = false;
  /** What has been sent and is not applied yet. */
  #sentBytes = 0;
  /** The last time of forgetting deletes that the leaf has been told of. */
  #forgotten: string | undefined;
  #isOver = false;

  constructor(options: FeedSessionOptions) {
    this.#options = options;
  }

  /** Every change of the shard up to here is searchable in the replica. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Where the leaf itself stands: at the last change that concerns the shard. */
  get appliedSequence(): number {
    return this.#appliedSequence;
  }

  /** Up to where pages have been sent; what lies between it and the next page does not concern the shard. */
  get sentSequence(): number {
    return this.#sentSequence;
  }

  /** Whether more is known to wait for the replica than one page of the log takes. */
  get hasBacklog(): boolean {
    return this.#more || this.#sentBytes > littleBytes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends nothing more. */
  end(): void {
    this.#isOver = true;
    this.#more = false;
  }

  /** Asks the leaf how far it has got. Rejects with what the log or the link throws. */
  async open(): Promise<void> {
    const sequence = await this.#ask();
    if (sequence === undefined) return;
    this.#sequence = sequence;
    this.#appliedSequence = sequence;
    this.#sentSequence = sequence;
  }

  /** Whether filling an empty replica will take long. What takes a moment must not wait for what does. */
  async missesMuch(): Promise<boolean> {
    return (await this.#options.log.read({ after: 0, limitBytes: littleBytes }, this.#isWanted)).more;
  }

  /** Sends everything that the log holds beyond the replica, a few pages in flight so that neither end waits. */
  async drain(): Promise<void> {
    const { log, letPass } = this.#options;
    const inflight: Promise<void>[] = [];
    let after = this.#sequence;
    for (let more = true; more && !this.#isOver; ) {
      const page = await log.read({ after, limitBytes: pageBytes }, this.#isWanted);
      if (page.forgotten !== undefined && page.forgotten.id !== this.#forgotten) {
        await Promise.all(inflight);
        await this.#hearOfForgotten();
        continue;
      }
      this.#more = page.more;
      await letPass();
      // By now the leaf at the other end may be another life of it, which has not been asked.
      if (this.#isOver) break;
      after = Math.max(after, page.upTo);
      if (lastOf(page) > this.#sentSequence) {
        inflight.push(this.#send(page, after));
        if (inflight.length >= applyWindow) await inflight.shift();
      }
      more = page.more;
    }
    await Promise.all(inflight);
    this.#advance(after);
  }

  /** Sends a page, with which the replica holds everything up to `upTo`. Resolves once it is applied. */
  #send(page: ChangePage, upTo: number): Promise<void> {
    const { definition, shard, link } = this.#options;
    const { index, incarnation } = definition;
    // Named by its last change, not by the log's head: so all replicas that hold the same name the same sequence.
    const last = lastOf(page);
    const body = encodeChanges(page.changes);
    const params = { index, incarnation, shard, after: this.#sentSequence, upTo: last };
    const applied = link.call("apply", params, { timeoutMs: applyTimeoutMs, body });
    this.#sentSequence = last;
    this.#sentBytes += body.length;
    const settled = applied
      .finally(() => {
        this.#sentBytes -= body.length;
      })
      .then(({ sequence }) => {
        this.#appliedSequence = sequence;
        this.#advance(upTo);
      });
    settled.catch(() => undefined);
    return settled;
  }

  /** Tells the leaf of the log's history, of which it keeps what is on it. Answers where it then stands. */
  async #ask(): Promise<number | undefined> {
    const { definition, shard, link, log } = this.#options;
    const eras = await log.eras(this.#isWanted);
    if (this.#isOver) return undefined;
    const opened = await link.call("open", { definition, shard, eras }, { timeoutMs: openTimeoutMs });
    this.#forgotten = eras.findLast(({ deletes }) => deletes !== undefined)?.id;
    return opened.sequence;
  }

  /** Deletes have been forgotten: a replica that has not applied them all must begin anew, which the leaf knows. */
  async #hearOfForgotten(): Promise<void> {
    const sequence = await this.#ask();
    if (sequence === undefined || sequence >= this.#sentSequence) return;
    throw new Error("the replica begins anew");
  }

  readonly #isWanted = (): boolean => !this.#isOver;

  #advance(sequence: number): void {
    if (this.#isOver || sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.#options.onProgress();
  }
}

/**
 * What a replica's sequence is once it has a page: its last change's, or that of the last delete that was forgotten,
 * which a replica that has heard of it stands at.
 */
function lastOf({ changes, more, forgotten }: ChangePage): number {
  return Math.max(changes.at(-1)?.sequence ?? 0, more ? 0 : (forgotten?.deletes ?? 0));
}
