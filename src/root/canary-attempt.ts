import { HedgerowError } from "../errors.ts";
import type { Canary, CanaryDecision, CrashEvidence } from "../policy/canary.ts";
import type { ReplicaHealth } from "../policy/replica.ts";
import type { ShardHealth } from "../policy/shard.ts";
import type { TailPolicy } from "../policy/tail.ts";
import type { AttemptError, ShardReply } from "../protocol/link.ts";
import type { Clock, Timers } from "../time.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { AttemptErrorCode, ShardReport } from "./gather-contract.ts";
import type { LeafLink } from "./leaf-link.ts";
import { endOfError } from "./shard-progress.ts";

/** One replica, as far as trying a query on it goes. */
export type GuardedFeed = { health: ReplicaHealth; link: Pick<LeafLink, "search" | "cancel" | "state"> };

/** A query that is about to be sent to all shards. */
export type GuardedQuery = {
  /** See `plan-shape`. */
  shape: string;
  words: () => string;
  plan: Uint8Array;
  shards: readonly { health: ShardHealth; feeds: readonly GuardedFeed[] }[];
  deadlineMs: number;
  queryClass: number;
  /** Hears of every leaf that was asked before the others. */
  onLead?: (attempt: AttemptRecord) => void;
};

/** Which life of which leaf a query seems to have ended; `seen`: it was there when the leaf died, one among others. */
type Accusation = { feed: GuardedFeed; life: string; evidence: CrashEvidence | "seen" };

type Parts = {
  canary: Canary;
  policy: TailPolicy;
  clock: Clock;
  timers: Timers;
};

/** Which queries are refused after a leaf has died: all of a shape, or those of that shape with the same words. */
export type Conviction = { shape: string; refused: "shape" | "words"; leaf: string; forS: number };

/** What came of asking one leaf. `unknown`: it did not get to it, or not in time. */
type LeadEnd = { kind: "answered" } | { kind: "unknown" } | { kind: "died"; life: string; alone: boolean };

/** A leaf that dies of a plan does so at once; the query must still fit into what is left. */
const leadMsMax = 50;
const leadShareMax = 0.25;
const leadsMax = 2;
/** Leaves of one host, or of one zone, that go down together do so within this time of each other. */
const togetherMs = 2_000;
/** Lives that are remembered of each query. */
const livesMax = 16;
const shapesMax = 10_000;

/**
 * Asks one leaf before all others (the canary requests of Dean and Barroso, "The Tail at Scale", 2013) where
 * `policy/canary` suspects a plan, and where its shape has never been answered: so a poisonous query meets one replica
 * and no more. A shape that was never answered can be convicted as a whole; of one that was, only the very words can, or
 * one death would cost everybody who asks the like. Keeps the evidence too: which life of a leaf a plan seems to have
 * ended, so that it is acquitted when that very life answers again.
 */
export class CanaryGuard {
  readonly #parts: Parts;
  /** Shapes that some leaf has answered, the one that was first so first. */
  readonly #answered = new Set<string>();
  /** By shape, and by words. */
  readonly #evidence = new Map<string, { feed: GuardedFeed; lives: Set<string> }>();
  /** Shapes that are being tried, by leaf, with how many queries of each. */
  readonly #leading = new WeakMap<GuardedFeed["link"], Map<string, number>>();
  #turn = 0;
  #onConvicted: (conviction: Conviction) => void = () => undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Says where convictions are told from now on: whoever is refused hears of a fault of theirs. */
  tellConvictions(onConvicted: (conviction: Conviction) => void): void {
    this.#onConvicted = onConvicted;
  }

  /** Whether a query may be sent to all shards at once: nothing is held against any, and its like has been answered. */
  isClear({ shape }: Pick<GuardedQuery, "shape">): boolean {
    return this.#answered.has(shape) && this.#parts.canary.isCalm(this.#parts.clock.nowMs());
  }

  /** Resolves when the query may be sent to all shards; throws `invalid_query` when its like is refused. */
  async clear(query: GuardedQuery): Promise<void> {
    for (let leads = 0; ; leads++) {
      const nowMs = this.#parts.clock.nowMs();
      const decision = this.#decide(query, nowMs);
      if (decision.kind === "refused") throw refusal(decision.untilMs - nowMs);
      if (leads >= leadsMax || (decision.kind === "all" && this.#answered.has(query.shape))) return;
      const target = this.#target(query, nowMs);
      if (target === undefined) return;
      const end = await this.#lead(query, target);
      if (end.kind === "unknown") return;
      if (end.kind === "answered") this.#trust(query);
      else
        this.#accuse(query, { feed: target.feed, life: end.life, evidence: this.#evidenceOf(query, target.feed, end) });
    }
  }

  /** Words are only looked at where anything at all is held against any: on a calm day no query pays for it. */
  #decide(query: GuardedQuery, nowMs: number): CanaryDecision {
    const { canary } = this.#parts;
    if (canary.isCalm(nowMs)) return { kind: "all" };
    const { shape, words } = query;
    const asked = [shape, words()];
    const others = this.#diedWithout(query);
    for (const name of asked) this.#acquit(name, others);
    const decisions = asked.map((name) => canary.decide(name, nowMs));
    const refused = decisions.find(({ kind }) => kind === "refused");
    return refused ?? decisions.find(({ kind }) => kind === "one-first") ?? { kind: "all" };
  }

  /** Takes note of leaves that were lost while the query was under way there. */
  review(query: GuardedQuery, reports: readonly Pick<ShardReport, "errors">[]): void {
    reports.forEach(({ errors }, shard) => {
      if (!errors.includes("disconnected")) return;
      for (const feed of query.shards[shard]?.feeds ?? []) {
        const { connected, lost, leaf } = feed.link.state();
        if (connected || lost?.abruptly !== true || leaf === undefined) continue;
        this.#accuse(query, { feed, life: leaf.bootId, evidence: "seen" });
      }
    });
  }

  #trust({ shape, words }: GuardedQuery): void {
    const { canary, clock } = this.#parts;
    const nowMs = clock.nowMs();
    if (!canary.isCalm(nowMs)) for (const name of [shape, words()]) canary.survived(name, nowMs);
    this.#answered.add(shape);
    if (this.#answered.size <= shapesMax) return;
    const [first] = this.#answered;
    if (first !== undefined) this.#answered.delete(first);
  }

  /**
   * What the death of a leaf says of the query that was tried on it. Of a shape that leaves have answered it takes two, and
   * none counts where leaves that it was not sent to die at that time.
   */
  #evidenceOf(query: GuardedQuery, feed: GuardedFeed, { alone }: { alone: boolean }): Accusation["evidence"] {
    if (this.#diedWithout(query, feed)) return "seen";
    return alone && !this.#answered.has(query.shape) ? "reported" : "coincident";
  }

  /** Whether another leaf has died lately with which the query has nothing to do: then something else kills leaves. */
  #diedWithout({ shards, words }: GuardedQuery, itself?: GuardedFeed): boolean {
    const nowMs = this.#parts.clock.nowMs();
    const accused = this.#evidence.get(words())?.lives;
    return shards.some(({ feeds }) =>
      feeds.some(({ link }) => {
        if (link === itself?.link) return false;
        const { connected, lost, leaf } = link.state();
        if (connected || lost?.abruptly !== true || leaf === undefined) return false;
        return nowMs - lost.atMs <= togetherMs && accused?.has(leaf.bootId) !== true;
      }),
    );
  }

  /** One death is one piece of evidence, however many queries it cut off. */
  #accuse({ shape, words }: GuardedQuery, { feed, life, evidence }: Accusation): void {
    const { canary, clock } = this.#parts;
    const { leaf } = feed.health;
    for (const name of [shape, words()]) {
      const lives = this.#evidence.get(name)?.lives ?? new Set();
      if (lives.has(life)) continue;
      if (this.#evidence.size >= shapesMax) this.#evidence.clear();
      this.#evidence.set(name, { feed, lives: new Set([...lives, life].slice(-livesMax)) });
      const isSpared = evidence === "seen" || (name === shape && this.#answered.has(shape));
      if (isSpared) canary.suspected(name, clock.nowMs());
      else canary.crashed(name, evidence, clock.nowMs());
      const decision = canary.decide(name, clock.nowMs());
      if (decision.kind !== "refused") continue;
      const forS = Math.ceil((decision.untilMs - clock.nowMs()) / 1000);
      this.#onConvicted({ shape, refused: name === shape ? "shape" : "words", leaf, forS });
    }
  }

  /** Withdraws what was held against a query where only the connection had been lost, or where others die without it. */
  #acquit(name: string, othersDied: boolean): void {
    const { canary, clock } = this.#parts;
    const evidence = this.#evidence.get(name);
    if (evidence === undefined) return;
    if (othersDied) {
      canary.acquitted(name);
      canary.suspected(name, clock.nowMs());
      return;
    }
    const { connected, leaf } = evidence.feed.link.state();
    if (!connected) return;
    this.#evidence.delete(name);
    if (leaf !== undefined && evidence.lives.has(leaf.bootId)) canary.acquitted(name);
  }

  #target({ shards }: GuardedQuery, nowMs: number): { shard: number; feed: GuardedFeed } | undefined {
    for (let i = 0; i < shards.length; i++) {
      this.#turn = (this.#turn + 1) % shards.length;
      const candidate = shards[this.#turn];
      const replica = candidate && this.#parts.policy.chooseFirst(candidate.health, nowMs);
      const feed = candidate?.feeds.find(({ health }) => health === replica);
      if (feed !== undefined) return { shard: this.#turn, feed };
    }
    return undefined;
  }

  #lead(query: GuardedQuery, { shard, feed }: { shard: number; feed: GuardedFeed }): Promise<LeadEnd> {
    const { clock, timers } = this.#parts;
    const sentMs = clock.nowMs();
    const budgetMs = Math.min(leadMsMax, (query.deadlineMs - sentMs) * leadShareMax);
    if (budgetMs <= 0) return Promise.resolve({ kind: "unknown" });
    const finish = this.#book(query, { shard, health: feed.health, sentMs });
    const leave = this.#enter(feed.link, query.shape);
    const tell = (ended: Pick<AttemptRecord, "end"> & Partial<Pick<AttemptRecord, "reply" | "code">>): void => {
      const { reply, code } = ended;
      const sent = { shard, purpose: "canary", leaf: feed.health.leaf, budgetMs, sentMs, won: false } as const;
      const unknown = { offset: undefined, batch: undefined };
      query.onLead?.({ ...sent, ...unknown, end: ended.end, endedMs: clock.nowMs(), reply, code });
    };
    return new Promise((resolve) => {
      const request = feed.link.search(
        { plan: query.plan, shard, budgetMs, tied: false },
        {
          onStarted: () => undefined,
          onReply: (_request, reply) => {
            tell({ end: "answered", reply });
            end({ kind: "answered" }, () => finish.answered(reply));
          },
          onError: (_request, error) => {
            tell({ end: "failed", code: error.code });
            end(this.#endOf(error, feed, query.shape), () => finish.failed(error.code));
          },
        },
      );
      const limit = timers.after(budgetMs, () => {
        if (request !== undefined) feed.link.cancel(request);
        tell({ end: "cancelled" });
        end({ kind: "unknown" }, finish.abandoned);
      });
      const end = (outcome: LeadEnd, book: () => void): void => {
        limit.cancel();
        book();
        leave();
        resolve(outcome);
      };
      if (request === undefined) end({ kind: "unknown" }, finish.abandoned);
      else this.#parts.policy.counts.canaries++;
    });
  }

  #endOf({ code }: AttemptError, feed: GuardedFeed, shape: string): LeadEnd {
    const hasLived = code === "crashed" || code === "bad_plan" || code === "too_large" || code === "bad_reply";
    if (hasLived) return { kind: "answered" };
    const { lost, leaf } = feed.link.state();
    if (code !== "disconnected" || lost?.abruptly !== true || leaf === undefined) return { kind: "unknown" };
    const ofThisShape = this.#leading.get(feed.link)?.get(shape) ?? 0;
    return { kind: "died", life: leaf.bootId, alone: lost.searches <= ofThisShape };
  }

  /** Books the attempt with its replica, as a gather would. */
  #book(query: GuardedQuery, { shard, health, sentMs }: { shard: number; health: ReplicaHealth; sentMs: number }) {
    const { policy, clock } = this.#parts;
    const attempt = health.begin(sentMs);
    const settle = (end: Parameters<TailPolicy["settle"]>[1]): void => {
      const of = query.shards[shard]?.health;
      if (of !== undefined)
        policy.settle(attempt, end, { shard: of, queryClass: query.queryClass, nowMs: clock.nowMs() });
    };
    return {
      answered: ({ queuedMs }: ShardReply) => settle({ kind: "answered", latencyMs: clock.nowMs() - sentMs, queuedMs }),
      failed: (code: AttemptErrorCode) => settle(endOfError(code)),
      abandoned: () => settle({ kind: "abandoned" }),
    };
  }

  /** Counts a trial in; what it returns counts it out. */
  #enter(link: GuardedFeed["link"], shape: string): () => void {
    const shapes = this.#leading.get(link) ?? new Map<string, number>();
    this.#leading.set(link, shapes);
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
    return () => {
      const left = (shapes.get(shape) ?? 1) - 1;
      if (left > 0) shapes.set(shape, left);
      else shapes.delete(shape);
    };
  }
}

function refusal(forMs: number): HedgerowError {
  const detail = `queries of this shape took a leaf down; none is run for another ${Math.ceil(forMs / 1000)} s`;
  return new HedgerowError("invalid_query", detail).withFacts({ retryAfterS: Math.ceil(forMs / 1000) });
}
