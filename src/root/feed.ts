import type { ChangeLog } from "../changes/log.ts";
import { type Filling, leaderOf, type ShardSpan, standsBack, waitsFor } from "../policy/fill-order.ts";
import type { ReplicaHealth } from "../policy/replica.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import { type Random, sleep, type Timers } from "../time.ts";
import { FeedSession } from "./feed-session.ts";
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

const retryDelayMs = 200;
/** Room comes when somebody makes some, not by asking. */
const fullRetryMs = 2_000;

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
  #caughtUp = false;
  #standsBack = false;
  #waits = false;
  #full: string | undefined;
  #closed = false;
  #wake: (() => void) | undefined;
  #news = true;
  /** What the leaf is being told, where it is connected. */
  #session: FeedSession | undefined;
  /** The last session whose leaf has said how far it had got: until another has, the replica is taken to stand there. */
  #opened: FeedSession | undefined;

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
    return this.#opened?.hasBacklog === true;
  }

  /** Every change of the shard up to here is searchable in this replica. */
  get sequence(): number {
    return this.#opened?.sequence ?? 0;
  }

  /** Every change of the shard up to here has been sent to the leaf. */
  get sentSequence(): number {
    return this.#opened?.sentSequence ?? 0;
  }

  /** Where the leaf itself stands: it hears nothing of sequences that do not concern the shard. */
  get appliedSequence(): number {
    return this.#opened?.appliedSequence ?? 0;
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
    const own = { sequence: this.sequence, before: this.#standsBack };
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
    this.#session?.end();
    this.#state = "closed";
  }

  /** Stops following. The replica itself stays on its leaf until `close` is called there. */
  close(): void {
    this.#closed = true;
    this.#session?.end();
    this.notify();
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      try {
        if (this.link.connected) await this.#runSession();
        else await this.#pause();
      } catch (error) {
        this.#session?.end();
        // Whatever broke the session, the next one asks the leaf afresh how far it has got.
        this.#full = error instanceof LinkCallError && error.code === "full" ? error.message : undefined;
        if (!this.#servesFull) this.#enter("closed");
        const delayMs = this.#full === undefined ? retryDelayMs : fullRetryMs;
        await sleep(delayMs * (0.5 + this.#options.random.next()), this.#options.timers);
      }
    }
  }

  async #runSession(): Promise<void> {
    const session = this.#newSession();
    this.#session = session;
    await session.open();
    if (session.isOver) return;
    this.#opened = session;
    if (!this.#servesFull) this.#enter("catching-up");
    if (session.sequence === 0 && (await session.missesMuch())) {
      await this.#options.turns.run(async () => {
        if (!session.isOver) await session.drain();
      });
    }
    while (!session.isOver) {
      this.#news = false;
      await session.drain();
      this.#full = undefined;
      if (session.isOver) return;
      this.#caughtUp = true;
      this.#enter("ready");
      if (!this.#news) await this.#pause();
    }
  }

  #newSession(): FeedSession {
    const { definition, shard, onProgress } = this.#options;
    const session: FeedSession = new FeedSession({
      ...{ definition, shard, onProgress, link: this.link, log: this.#log },
      letPass: () => this.#letSiblingPass(session),
    });
    return session;
  }

  /** Waits while another replica of the shard is to have the load first. */
  async #letSiblingPass(session: FeedSession): Promise<void> {
    this.reconsider();
    this.#waits = true;
    try {
      while (this.#standsBack && !session.isOver) {
        const leader = this.#leader;
        if (leader === undefined || !waitsFor(leader, this)) return;
        await this.#pause();
        if (session.isOver) throw new Error("the link was lost");
      }
    } finally {
      this.#waits = false;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      else this.#wake = resolve;
    });
  }

  #enter(state: Stage): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#updateHealth();
    this.#options.onProgress();
  }

  /** Carries over to the policy what only the link and the feed know, and where the leaf has said that it is by now. */
  #updateHealth(): void {
    this.health.zone = this.leaf.zone;
    this.health.reachable = this.state === "ready" && !this.link.state().leaving;
    this.health.rttMs = this.link.rttMs ?? 0;
  }
}
