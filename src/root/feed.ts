import type { ChangeLog, ChangePage } from "../changes/log.ts";
import { type Filling, leaderOf, type ShardSpan, standsBack, waitsFor } from "../policy/fill-order.ts";
import type { ReplicaHealth } from "../policy/replica.ts";
import { encodeChanges } from "../protocol/batch.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import { type Random, sleep, type Timers } from "../time.ts";
import type { FillTurns } from "./fill-turns.ts";
import { type LeafLink, LinkCallError } from "./leaf-link.ts";
import { LeafTimes } from "./leaf-times.ts";
import { ShardLog } from "./shard-log.ts";

export type FeedState = "unreachable" | "catching-up" | "ready";
/** How far a replica is, whether or not its leaf is connected. `closed`: the leaf has not said yet how far it has got. */
type Stage = "closed" | "catching-up" | "ready";

export type FeedOptions = {
  definition: IndexDefinition;
  shard: number;
  /** The leaf that holds the replica. */
  leaf: { name: string; zone?: string | undefined; link: LeafLink };
  /** What the tail policy knows of the replica; the feed says whether it can be asked. */
  health: ReplicaHealth;
  log: Pick<ChangeLog, "read" | "eras">;
  timers: Timers;
  random: Random;
  /** Shared by the replicas of one leaf: large empty ones are filled in turns. */
  turns: FillTurns;
  /** The replicas of the shard in the order in which they are filled, and its last change that has been heard of. */
  siblings: () => { feeds: readonly ReplicaFeed[]; appendedSequence: number };
  /** Called whenever the state or the sequence has changed. */
  onProgress: () => void;
  /** Hears why the log cannot be read for the replica, and `undefined` once it can be again. */
  onTrouble: (detail: string | undefined) => void;
};

/** Searches of the leaf wait behind a page on the same connection. */
const pageBytes = 1 << 20;
const littleBytes = 64 << 10;
/** A leaf may have a large snapshot to read before it answers. */
const openTimeoutMs = 60_000;
const applyTimeoutMs = 60_000;
const retryDelayMs = 200;
/** Room comes when somebody makes some, not by asking. */
const fullRetryMs = 2_000;
const applyWindow = 2;

/**
 * Keeps one replica up with the log: asks the leaf how far it has got, sends the rest in order, then every append as
 * it comes. A lost link or a restarted leaf starts that over; applying twice changes nothing. While the log cannot be
 * read, the replica serves what it has. What a large load brings to an empty index goes to one replica of a shard first
 * (`policy/fill-order`).
 */
export class ReplicaFeed implements Filling {
  readonly shard: number;
  readonly leaf: FeedOptions["leaf"];
  readonly health: ReplicaHealth;
  /** What its answers took on the leaf, by the leaf's own clock. */
  readonly leafTimes = new LeafTimes();
  readonly #options: FeedOptions;
  readonly #log: ShardLog;
  #state: Stage = "closed";
  #sequence = 0;
  #appliedSequence = 0;
  /** Up to where pages have been sent; what lies between it and the next page does not concern the shard. */
  #sentSequence = 0;
  #caughtUp = false;
  /** Whether the log holds more than the page that was read last. */
  #more = false;
  /** What has been sent and is not applied yet. */
  #sentBytes = 0;
  #standsBack = false;
  #waits = false;
  #full: string | undefined;
  #closed = false;
  /** The last time of forgetting deletes that the leaf has been told of. */
  #forgotten: string | undefined;
  #wake: (() => void) | undefined;
  #news = true;
  /** Grows with every lost connection: what a session found out ends with it. */
  #sessions = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#log = new ShardLog(options);
    this.shard = options.shard;
    this.leaf = options.leaf;
    this.health = options.health;
    this.health.reachable = false;
    void this.#follow();
  }

  get link(): LeafLink {
    return this.leaf.link;
  }

  get state(): FeedState {
    if (!this.link.connected) return "unreachable";
    return this.#state === "ready" && !this.#standsBack ? "ready" : "catching-up";
  }

  /** Whether the leaf has opened the replica, which can then be asked for more than searches. */
  get isOpen(): boolean {
    return this.link.connected && this.#state !== "closed";
  }

  /** Why the log cannot be read for it at the moment; undefined where it can be. */
  get trouble(): string | undefined {
    return this.#log.trouble;
  }

  get serving(): boolean {
    return this.state === "ready";
  }

  get hasBacklog(): boolean {
    return this.#more || this.#sentBytes > littleBytes;
  }

  /** Every change of the shard up to here is searchable in this replica. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Every change of the shard up to here has been sent to the leaf. */
  get sentSequence(): number {
    return this.#sentSequence;
  }

  /** Where the leaf itself stands: it hears nothing of sequences that do not concern the shard. */
  get appliedSequence(): number {
    return this.#appliedSequence;
  }

  /** Whether it leaves the shard's searches to a replica that is filled first. */
  get standsBack(): boolean {
    return this.#standsBack;
  }

  /** Whether it has once sent everything that the log then held. */
  get hasCaughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Why its leaf has no memory for what the replica lacks; undefined while it has. */
  get full(): string | undefined {
    return this.#full;
  }

  /** A replica that was complete once goes on to serve what it holds: an answer says as of which sequence. */
  get #servesFull(): boolean {
    return this.#full !== undefined && this.#caughtUp && this.#state === "ready";
  }

  /** Says that the log has something new for the shard, or that the link is back. */
  notify(): void {
    this.#news = true;
    if (!this.link.connected) this.#dropSession();
    this.reconsider();
    this.#goOn();
  }

  /** Says that a replica of the shard has moved on, or gone: this one may have to stand back, or not any more. */
  reconsider(): void {
    const own = { sequence: this.#sequence, before: this.#standsBack };
    this.#standsBack = this.#full === undefined && standsBack(own, this.#leader, this.#span);
    this.#updateHealth();
    if (this.#waits) this.#goOn();
  }

  get #leader(): ReplicaFeed | undefined {
    return leaderOf<ReplicaFeed>(this, this.#options.siblings().feeds);
  }

  get #span(): ShardSpan {
    const { definition, siblings } = this.#options;
    return { createdSequence: definition.incarnation, appendedSequence: siblings().appendedSequence };
  }

  #goOn(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /**
   * The leaf at the other end of the next connection may be another life of it, which holds nothing: until it has been
   * asked, the replica must not count as one that can be searched.
   */
  #dropSession(): void {
    this.#sessions++;
    this.#state = "closed";
    this.#more = false;
  }

  /** Stops following. The replica itself stays on its leaf until `close` is called there. */
  close(): void {
    this.#closed = true;
    this.notify();
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      try {
        if (this.link.connected) await this.#session();
        else await this.#pause();
      } catch (error) {
        this.#more = false;
        // Whatever broke the session, the next one asks the leaf afresh how far it has got.
        this.#full = error instanceof LinkCallError && error.code === "full" ? error.message : undefined;
        if (!this.#servesFull) this.#enter("closed");
        const delayMs = this.#full === undefined ? retryDelayMs : fullRetryMs;
        await sleep(delayMs * (0.5 + this.#options.random.next()), this.#options.timers);
      }
    }
  }

  async #session(): Promise<void> {
    const session = this.#sessions;
    const opened = await this.#open();
    if (opened === undefined || session !== this.#sessions) return;
    this.#sequence = opened.sequence;
    this.#appliedSequence = opened.sequence;
    this.#sentSequence = opened.sequence;
    if (!this.#servesFull) this.#enter("catching-up");
    if (opened.sequence === 0 && (await this.#missesMuch())) {
      await this.#options.turns.run(async () => {
        if (session === this.#sessions) await this.#drain();
      });
    }
    if (session !== this.#sessions) return;
    while (!this.#closed) {
      this.#news = false;
      await this.#drain();
      this.#full = undefined;
      if (session !== this.#sessions) return;
      this.#caughtUp = true;
      this.#enter("ready");
      if (!this.#news) await this.#pause();
      if (session !== this.#sessions) return;
    }
  }

  /** Tells the leaf of the log's history, of which it keeps what is on it, and asks how far it has got. */
  async #open(): Promise<{ sequence: number } | undefined> {
    const { definition, shard } = this.#options;
    const eras = await this.#log.eras(this.#inSession());
    if (this.#closed) return undefined;
    const opened = await this.link.call("open", { definition, shard, eras }, { timeoutMs: openTimeoutMs });
    this.#forgotten = eras.findLast(({ deletes }) => deletes !== undefined)?.id;
    return opened;
  }

  /** Whether filling an empty replica will take long. What takes a moment must not wait for what does. */
  async #missesMuch(): Promise<boolean> {
    return (await this.#log.read({ after: 0, limitBytes: littleBytes }, this.#inSession())).more;
  }

  /** Tells as long as it does whether the connection of now stands and the replica is followed. */
  #inSession(): () => boolean {
    const session = this.#sessions;
    return () => session === this.#sessions && !this.#closed;
  }

  /** Sends everything that the log holds beyond the replica, a few pages in flight so that neither end waits. */
  async #drain(): Promise<void> {
    const { definition, shard } = this.#options;
    const { link } = this;
    const { index, incarnation } = definition;
    const isWanted = this.#inSession();
    const inflight: Promise<void>[] = [];
    let after = this.#sequence;
    for (let more = true; more && !this.#closed; ) {
      const page = await this.#log.read({ after, limitBytes: pageBytes }, isWanted);
      if (page.forgotten !== undefined && page.forgotten.id !== this.#forgotten) {
        await Promise.all(inflight);
        await this.#hearOfForgotten();
        continue;
      }
      this.#more = page.more;
      await this.#letSiblingPass();
      const upTo = Math.max(after, page.upTo);
      const last = lastOf(page);
      if (last > this.#sentSequence) {
        // Named by its last change, not by the log's head: so all replicas that hold the same name the same sequence.
        const body = encodeChanges(page.changes);
        const applied = link.call(
          "apply",
          { index, incarnation, shard, after: this.#sentSequence, upTo: last },
          { timeoutMs: applyTimeoutMs, body },
        );
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
        inflight.push(settled);
        if (inflight.length >= applyWindow) await inflight.shift();
      }
      after = upTo;
      more = page.more;
    }
    await Promise.all(inflight);
    this.#advance(after);
  }

  /** Waits while another replica of the shard is to have the load first. */
  async #letSiblingPass(): Promise<void> {
    const session = this.#sessions;
    this.reconsider();
    this.#waits = true;
    try {
      while (this.#standsBack && !this.#closed) {
        const leader = this.#leader;
        if (leader === undefined || !waitsFor(leader, this)) return;
        await this.#pause();
        if (session !== this.#sessions) throw new Error("the link was lost");
      }
    } finally {
      this.#waits = false;
    }
  }

  /** Deletes have been forgotten: a replica that has not applied them all must begin anew, which the leaf knows. */
  async #hearOfForgotten(): Promise<void> {
    const opened = await this.#open();
    if (opened === undefined || opened.sequence >= this.#sentSequence) return;
    throw new Error("the replica begins anew");
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      else this.#wake = resolve;
    });
  }

  #advance(sequence: number): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    this.#options.onProgress();
  }

  #enter(state: Stage): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#updateHealth();
    this.#options.onProgress();
  }

  /** Carries over to the policy what only the link and the feed know. */
  #updateHealth(): void {
    this.health.reachable = this.state === "ready" && !this.link.state().leaving;
    this.health.rttMs = this.link.rttMs ?? 0;
  }
}

/**
 * What a replica's sequence is once it has a page: its last change's, or that of the last delete that was forgotten,
 * which a replica that has heard of it stands at.
 */
function lastOf({ changes, more, forgotten }: ChangePage): number {
  return Math.max(changes.at(-1)?.sequence ?? 0, more ? 0 : (forgotten?.deletes ?? 0));
}
