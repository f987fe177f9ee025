import { HedgerowError } from "../errors.ts";
import type { Canary } from "../policy/canary.ts";
import type { ReplicaHealth } from "../policy/replica.ts";
import type { TailPolicy } from "../policy/tail.ts";
import type { AttemptError, ShardReply } from "../protocol/link.ts";
import type { Clock, Timers } from "../time.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import { CanaryEvidence, type Conviction, type GuardedFeed, type GuardedQuery } from "./canary-evidence.ts";
import type { AttemptErrorCode, ShardReport } from "./gather-contract.ts";
import { endOfError } from "./shard-progress.ts";

type Parts = {
  canary: Canary;
  policy: TailPolicy;
  clock: Clock;
  timers: Timers;
  /** Hears of every leaf that could not do what it was asked before the others: no gather does. */
  onFailed: (code: AttemptErrorCode) => void;
};

/** What came of asking one leaf. `unknown`: it did not get to it, or not in time. */
type LeadEnd = { kind: "answered" } | { kind: "unknown" } | { kind: "died"; life: string; alone: boolean };

/** A leaf that dies of a plan does so at once; the query must still fit into what is left. */
const leadMsMax = 50;
const leadShareMax = 0.25;
const leadsMax = 2;

/**
 * Asks one leaf before all others (the canary requests of Dean and Barroso, "The Tail at Scale", 2013) where
 * `policy/canary` suspects a plan, and where its shape has never been answered: so a poisonous query meets one replica
 * and no more. What came of it is held in evidence (`canary-evidence`).
 */
export class CanaryGuard {
  readonly #parts: Parts;
  readonly #evidence: CanaryEvidence;
  /** Shapes that are being tried, by leaf, with how many queries of each. */
  readonly #leading = new WeakMap<GuardedFeed["link"], Map<string, number>>();
  #turn = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#evidence = new CanaryEvidence(parts);
  }

  /** Says where convictions are told from now on: whoever is refused hears of a fault of theirs. */
  tellConvictions(onConvicted: (conviction: Conviction) => void): void {
    this.#evidence.tellConvictions(onConvicted);
  }

  /** Whether a query may be sent to all shards at once: nothing is held against any, and its like has been answered. */
  isClear({ shape }: Pick<GuardedQuery, "shape">): boolean {
    return this.#evidence.hasAnswered(shape) && this.#evidence.isCalm();
  }

  /** Resolves when the query may be sent to all shards; throws `invalid_query` when its like is refused. */
  async clear(query: GuardedQuery): Promise<void> {
    for (let leads = 0; ; leads++) {
      const nowMs = this.#parts.clock.nowMs();
      const decision = this.#evidence.decide(query, nowMs);
      if (decision.kind === "refused") throw refusal(decision.untilMs - nowMs);
      if (leads >= leadsMax || (decision.kind === "all" && this.#evidence.hasAnswered(query.shape))) return;
      const target = this.#target(query, nowMs);
      if (target === undefined) return;
      const end = await this.#lead(query, target);
      if (end.kind === "unknown") return;
      if (end.kind === "answered") this.#evidence.trust(query);
      else this.#evidence.hold(query, target.feed, end);
    }
  }

  /** Takes note of leaves that were lost while the query was under way there. */
  review(query: GuardedQuery, reports: readonly Pick<ShardReport, "errors">[]): void {
    this.#evidence.review(query, reports);
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
            this.#parts.onFailed(error.code);
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

  /** Counts an attempt in; what it returns counts it out. */
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
