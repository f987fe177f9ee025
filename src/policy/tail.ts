import type { Random } from "../time.ts";
import { AttemptBudget } from "./budget.ts";
import { hedgeDelayMs } from "./hedge.ts";
import { Probation } from "./probation.ts";
import { type Attempt, ReplicaHealth } from "./replica.ts";
import { ReplicaChoice } from "./replica-choice.ts";
import { type PolicySettings, policyDefaults } from "./settings.ts";
import { ShardHealth } from "./shard.ts";

/** What became of an attempt, as far as the health of its replica goes. */
export type AttemptEnd =
  | { kind: "answered"; latencyMs: number; queuedMs: number }
  /** `useless`: its leaf answered with what is no reply. `lost`: with nothing. */
  | { kind: "failed"; how: "pushed-back" | "useless" | "lost" }
  /** It lost to the other attempt or to the deadline. */
  | { kind: "abandoned" }
  /** Its query was given up by the caller, which says nothing of the replica. */
  | { kind: "withdrawn" };

/**
 * One root's decisions about attempts, and the memory they rest on: created once, asked by every gather. It holds no
 * clock and no sockets; randomness is passed in, time comes with each call.
 */
export class TailPolicy {
  readonly settings: PolicySettings;
  readonly budget: AttemptBudget;
  readonly zone: string | undefined;
  /** What was done so far, for metrics. */
  readonly counts = {
    first: 0,
    hedges: 0,
    retries: 0,
    shadows: 0,
    canaries: 0,
    hedgesWon: 0,
    hedgesWasted: 0,
    cancels: 0,
    deniedByBudget: 0,
  };
  private hedgesHeldUntilMs = Number.NEGATIVE_INFINITY;
  private readonly choice: ReplicaChoice;
  private readonly probation: Probation;

  constructor(options: { settings?: PolicySettings; random: Random; zone?: string }) {
    this.settings = options.settings ?? policyDefaults;
    this.zone = options.zone;
    this.budget = new AttemptBudget(this.settings.budget);
    this.choice = new ReplicaChoice(this.settings.choice, options.random);
    this.probation = new Probation(this.settings.probation, options.random);
  }

  /** A shard to gather from. `documents` and `replicas` of the result may be changed at any time. */
  shard(replicas: readonly ReplicaHealth[], documents: number): ShardHealth {
    return new ShardHealth(replicas, documents, this.settings.hedge);
  }

  /** A replica of which nothing is known; `forget` it when it stands no longer. */
  replica(options: { leaf: string; zone?: string; rttMs?: number; tracked?: boolean }): ReplicaHealth {
    const replica = new ReplicaHealth(options);
    this.probation.count(replica, 1);
    return replica;
  }

  /**
   * A replica begins to serve beside others that do: it is taken to be as fast as their median, the slower middle one of
   * an even number, and takes up its share slowly. Alone, it has nobody to leave queries to and takes all of them.
   */
  welcome(replica: ReplicaHealth, siblings: readonly ReplicaHealth[], nowMs: number): void {
    const mediansMs = siblings.map(({ ownMedianMs }) => ownMedianMs).sort((a, b) => a - b);
    const medianMs = mediansMs[mediansMs.length >> 1];
    if (medianMs === undefined) return;
    replica.seed(medianMs, nowMs);
    replica.joinedMs = nowMs;
  }

  /** How often a replica was taken out of rotation so far. */
  get ejections(): number {
    return this.probation.ejections;
  }

  /** A replica that `replica` made stands no longer. */
  forget(replica: ReplicaHealth): void {
    this.probation.count(replica, -1);
  }

  /** Whom to ask first. */
  chooseFirst(shard: ShardHealth, nowMs: number): ReplicaHealth | undefined {
    return this.choice.choose(shard.replicas, { nowMs, zone: this.zone, except: undefined, extra: false });
  }

  /** Whom to send an extra attempt to, beside or after `first`. */
  chooseExtra(shard: ShardHealth, first: ReplicaHealth, nowMs: number): ReplicaHealth | undefined {
    return this.choice.choose(shard.replicas, { nowMs, zone: this.zone, except: first, extra: true });
  }

  /** Whom to ask first in the place of another, to see whether it is well again. */
  chooseTrial(shard: ShardHealth, nowMs: number): ReplicaHealth | undefined {
    return this.settings.probation.enabled ? this.probation.trial(shard.replicas, nowMs) : undefined;
  }

  /** Whom to send a copy, to see whether it is well again. */
  chooseShadow(shard: ShardHealth, nowMs: number): ReplicaHealth | undefined {
    return this.settings.probation.enabled ? this.probation.shadow(shard.replicas, nowMs) : undefined;
  }

  /** Queries are shed for want of capacity: for a while none of it goes into second attempts. Retries of failed ones go on. */
  holdHedges(nowMs: number): void {
    this.hedgesHeldUntilMs = nowMs + this.settings.admission.hedgeHoldMs;
  }

  /** Pays for an extra attempt, if there is anything to pay with. A hedge is as urgent as the share of its time that is gone. */
  payExtra(extra: { purpose: "hedge"; urgency: number } | { purpose: "retry" }, nowMs: number): boolean {
    if (extra.purpose === "hedge" && nowMs < this.hedgesHeldUntilMs) return false;
    if (this.budget.tryWithdraw(extra.purpose === "hedge" ? extra.urgency : 1, nowMs)) return true;
    this.counts.deniedByBudget++;
    return false;
  }

  /** How long the first attempt may take before it is hedged; undefined: it will not be. */
  hedgeDelayMs(shard: ShardHealth, first: ReplicaHealth, query: HedgeQuery): number | undefined {
    if (!this.settings.hedge.enabled || shard.replicas.length < 2) return undefined;
    const memory = shard.memory(query.queryClass);
    memory.refresh(query.nowMs);
    const { samples, quantileMs, medianMs } = memory;
    return hedgeDelayMs(
      { samples, quantileMs, medianMs, rttMs: first.rttMs, remainingMs: query.remainingMs },
      this.settings.hedge,
    );
  }

  /** Books the end of an attempt with its replica. */
  settle(attempt: Attempt, end: AttemptEnd, context: AttemptContext): void {
    if (!attempt.open) return;
    const { replica } = attempt;
    const { nowMs, shard } = context;
    replica.settle(attempt);
    const { peakDecayMs, pushBackMs } = this.settings.choice;
    if (end.kind === "answered") {
      const ownMs = Math.max(0, end.latencyMs - end.queuedMs);
      replica.observe({ latencyMs: end.latencyMs, ownMs }, peakDecayMs, nowMs);
      replica.tracker?.record(end.latencyMs, nowMs);
      this.probation.review({ replica, shard }, { kind: "answered", ownMs }, nowMs);
      return;
    }
    const ageMs = nowMs - attempt.sentMs;
    if (end.kind === "abandoned" && this.isUnusual(ageMs, context)) replica.observeSilence(attempt, peakDecayMs, nowMs);
    else replica.observeAtLeast(ageMs, peakDecayMs, nowMs);
    if (end.kind === "withdrawn") return;
    if (end.kind === "failed" && end.how !== "pushed-back")
      this.probation.review({ replica, shard }, { kind: end.how }, nowMs);
    else if (end.kind === "failed") replica.pushBackUntilMs = nowMs + pushBackMs;
    else if (this.isSilence(ageMs, context)) this.probation.review({ replica, shard }, { kind: "silent" }, nowMs);
  }

  /** Whether an attempt of this age would have been hedged by now. A hung replica may make long waits the shard's usual. */
  private isUnusual(ageMs: number, { shard, queryClass }: AttemptContext): boolean {
    const { quantileMs, medianMs } = shard.memory(queryClass);
    return ageMs > Math.min(quantileMs, this.settings.hedge.delayMediansMax * medianMs);
  }

  /** Whether an attempt that was given up at this age speaks against its replica, or only against the query's budget. */
  private isSilence(ageMs: number, context: AttemptContext): boolean {
    const { samples, medianMs } = context.shard.memory(context.queryClass);
    const known = samples >= this.settings.hedge.medianSamplesMin;
    return ageMs > (known ? this.settings.probation.silentMedians * medianMs : silentMsUnknown);
  }
}

/** Without a median of the shard's own latencies, an attempt is silent after a second. */
const silentMsUnknown = 1_000;

/** Where and when an attempt ended. */
export type AttemptContext = { shard: ShardHealth; queryClass: number; nowMs: number };

/** What of a query bears on its hedge delay. */
export type HedgeQuery = { queryClass: number; nowMs: number; remainingMs: number };
