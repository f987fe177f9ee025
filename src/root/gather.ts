import { coverageOf, coverageWaitMs } from "../policy/coverage.ts";
import { attemptBudgetMs, gatherDeadlineMs } from "../policy/deadline.ts";
import type { ReplicaHealth } from "../policy/replica.ts";
import type { ShardHealth } from "../policy/shard.ts";
import type { AttemptEnd, TailPolicy } from "../policy/tail.ts";
import {
  type AttemptErrorCode,
  extraAttempt,
  firstAttempt,
  type GatherCommand,
  type GatherEvent,
  type GatherRequest,
  type GatherTimer,
  type SendPurpose,
  type ShardOutcome,
  type ShardReport,
  shadowAttempt,
} from "./gather-contract.ts";
import { endOfError, mayRetry, missingOutcome, ShardProgress } from "./shard-progress.ts";

export type {
  AttemptErrorCode,
  GatherCommand,
  GatherEvent,
  GatherRequest,
  GatherTimer,
  SendPurpose,
  ShardOutcome,
  ShardReport,
} from "./gather-contract.ts";
export { extraAttempt, firstAttempt, shadowAttempt } from "./gather-contract.ts";

/** One event's time, and where its commands go. */
type Turn = { nowMs: number; out: GatherCommand[] };

/** What an attempt is settled as that was under way when nobody waited for it any more. */
type GivenUp = "abandoned" | "withdrawn";

type AttemptPlace = { progress: ShardProgress; number: number };

/** Hedges that fall due this close together are sent together, so that a wide fan-out does not wake for each. */
const hedgeTickMs = 0.25;
/** From this share of its time on, an attempt is hedged wherever it can be. */
const urgentShare = 0.4;

/**
 * Decides about one query's attempts. A pure state machine: `on` takes what happened and appends what is to be done.
 * It holds no timers and sees no payloads; whoever carries the commands out keeps a reply's payload by shard and
 * attempt. Every shard ends with exactly one outcome, `finish` comes exactly once, nothing is sent after it or after the
 * deadline, and no shard gets more than two attempts (shadow copies aside). Copies may outlast `finish` until the
 * deadline, for the sake of what they say of their replicas; what else happens after it is ignored.
 */
export class Gather {
  private readonly policy: TailPolicy;
  private readonly request: GatherRequest;
  private readonly progress: ShardProgress[] = [];
  private open: number;
  private done = false;
  private deadlineMs = 0;
  private hedgeTimerMs = Number.POSITIVE_INFINITY;
  /** When the minimum coverage came in. */
  private coveredAtMs: number | undefined = undefined;

  constructor(policy: TailPolicy, request: GatherRequest) {
    this.policy = policy;
    this.request = request;
    this.open = request.shards.length;
    request.shards.forEach((health, shard) => {
      this.progress.push(new ShardProgress(shard, health));
    });
  }

  /** True once `finish` was given. */
  get finished(): boolean {
    return this.done;
  }

  /** How each shard stands, in order. */
  get shards(): readonly ShardReport[] {
    return this.progress;
  }

  /** The share of the index's documents that was searched so far, as `coverageOf` counts it. */
  get coverage(): number {
    return coverageOf(this.progress);
  }

  /** Takes one event in; appends to `out` what is to be done, in order. */
  on(event: GatherEvent, nowMs: number, out: GatherCommand[]): void {
    const turn = { nowMs, out };
    if (this.done) this.afterFinish(event, turn);
    else if (event.kind === "begin") this.begin(turn);
    else if (event.kind === "timer") this.onTimer(event.timer, turn);
    else if (event.kind === "cancelled") this.finish(turn, "withdrawn");
    else {
      const progress = this.progress[event.shard];
      if (progress === undefined) return;
      if (event.kind === "reply") this.onReply(progress, event, turn);
      else if (event.kind === "error") this.onError(progress, event, turn);
      else this.onStarted(progress, event, turn);
    }
    if (this.open === 0 && !this.done) this.finish(turn);
  }

  private begin(turn: Turn): void {
    const { nowMs, out } = turn;
    const { settings } = this.policy;
    this.deadlineMs = gatherDeadlineMs(nowMs, this.request.deadlineMs, settings.deadline);
    if (this.deadlineMs <= nowMs) {
      this.finish(turn);
      return;
    }
    for (let shard = 0; shard < this.progress.length; shard++) this.sendFirst(shard, turn);
    if (this.open === 0) return;
    out.push({ kind: "setTimer", timer: "deadline", atMs: this.deadlineMs });
    this.setHedgeTimer(turn);
  }

  private sendFirst(shard: number, turn: Turn): void {
    const { nowMs } = turn;
    const progress = this.progress[shard];
    if (progress === undefined) return;
    const replica = this.chooseFirst(progress.health, nowMs);
    if (replica === undefined) {
      this.resolve(progress, "unavailable", nowMs);
      return;
    }
    const remainingMs = attemptBudgetMs(nowMs, this.deadlineMs, replica.rttMs);
    if (remainingMs <= 0) {
      this.resolve(progress, "late", nowMs);
      return;
    }
    this.policy.budget.deposit(nowMs);
    this.policy.counts.first++;
    progress.first = this.send({ shard, attempt: firstAttempt }, { replica, purpose: "first" }, turn);
    if (!this.request.hedge) {
      // What is usual is looked up by hedging, and silence is told by it as well.
      progress.health.memory(this.request.queryClass).refresh(nowMs);
      return;
    }
    this.planHedge(progress, replica, { nowMs, remainingMs });
    const shadow = this.policy.chooseShadow(progress.health, nowMs);
    if (shadow !== undefined && shadow !== replica) {
      this.policy.counts.shadows++;
      progress.shadow = this.send({ shard, attempt: shadowAttempt }, { replica: shadow, purpose: "shadow" }, turn);
    }
  }

  /** No copy is sent of a query that gets one attempt only: now and then it is itself what shows a replica to be well. */
  private chooseFirst(health: ShardHealth, nowMs: number): ReplicaHealth | undefined {
    const trial = this.request.hedge ? undefined : this.policy.chooseTrial(health, nowMs);
    return trial ?? this.policy.chooseFirst(health, nowMs);
  }

  private planHedge(progress: ShardProgress, first: ReplicaHealth, at: { nowMs: number; remainingMs: number }): void {
    const { queryClass } = this.request;
    const { nowMs, remainingMs } = at;
    const delayMs = this.policy.hedgeDelayMs(progress.health, first, { queryClass, nowMs, remainingMs });
    if (delayMs !== undefined && delayMs < remainingMs) progress.hedgeAtMs = nowMs + delayMs;
    const { tiedDelayMs } = this.policy.settings.hedge;
    if (tiedDelayMs === undefined) return;
    progress.lateHedgeAtMs = progress.hedgeAtMs;
    progress.hedgeAtMs = Math.min(progress.hedgeAtMs, nowMs + tiedDelayMs);
  }

  private send(
    at: { shard: number; attempt: number },
    to: { replica: ReplicaHealth; purpose: SendPurpose },
    turn: Turn,
  ) {
    const { nowMs, out } = turn;
    const { replica, purpose } = to;
    const budgetMs = attemptBudgetMs(nowMs, this.deadlineMs, replica.rttMs);
    const tied = this.policy.settings.hedge.tiedDelayMs !== undefined && purpose !== "shadow";
    out.push({ kind: "send", shard: at.shard, attempt: at.attempt, replica, budgetMs, purpose, tied });
    return replica.begin(nowMs);
  }

  /** Asks to be woken when the next hedge falls due, if there is one to come. */
  private setHedgeTimer(turn: Turn): void {
    const { nowMs, out } = turn;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const progress of this.progress) {
      if (progress.outcome === undefined && progress.hedgeAtMs < nextMs) nextMs = progress.hedgeAtMs;
    }
    this.hedgeTimerMs = nextMs;
    if (nextMs === Number.POSITIVE_INFINITY) return;
    out.push({ kind: "setTimer", timer: "hedge", atMs: Math.max(nextMs, nowMs) });
  }

  private onTimer(timer: GatherTimer, turn: Turn): void {
    const { nowMs } = turn;
    if (timer !== "hedge") {
      this.finish(turn);
      return;
    }
    if (nowMs < this.hedgeTimerMs) return;
    const dueMs = nowMs + hedgeTickMs;
    for (let shard = 0; shard < this.progress.length; shard++) {
      const progress = this.progress[shard];
      if (progress === undefined || progress.outcome !== undefined || progress.hedgeAtMs > dueMs) continue;
      const tooEarly = progress.first?.started === true && progress.lateHedgeAtMs > dueMs;
      progress.hedgeAtMs = tooEarly ? progress.lateHedgeAtMs : Number.POSITIVE_INFINITY;
      if (tooEarly) continue;
      if (!this.sendExtra(shard, "hedge", turn)) {
        this.postponeHedge(progress, nowMs);
        continue;
      }
      progress.hedged = true;
      progress.tied = progress.first?.started === false && this.policy.settings.hedge.tiedDelayMs !== undefined;
    }
    this.setHedgeTimer(turn);
  }

  /** What cannot be hedged now is looked at again when it has waited half as long again. */
  private postponeHedge(progress: ShardProgress, nowMs: number): void {
    if (progress.first === undefined || progress.second !== undefined) return;
    const againMs = nowMs + Math.max(1, (nowMs - progress.first.sentMs) / 2);
    if (againMs < this.deadlineMs) progress.hedgeAtMs = againMs;
  }

  /** Sends a second attempt if there is a replica for it, time and budget. */
  private sendExtra(shard: number, purpose: "hedge" | "retry", turn: Turn): boolean {
    const { nowMs } = turn;
    const progress = this.progress[shard];
    if (progress?.first === undefined || progress.second !== undefined) return false;
    const replica = this.policy.chooseExtra(progress.health, progress.first.replica, nowMs);
    if (replica === undefined) return false;
    const ageMs = nowMs - progress.first.sentMs;
    const urgency = ageMs / (this.deadlineMs - progress.first.sentMs);
    // One that keeps another attempt waiting for as long as this one would only be asked to do the work twice; but when
    // time runs out it is the only hope, and what it is busy with may be a query of another kind.
    if (purpose === "hedge" && urgency < urgentShare && replica.oldestAgeMs(nowMs) >= ageMs) return false;
    if (attemptBudgetMs(nowMs, this.deadlineMs, replica.rttMs) <= 0) return false;
    if (!this.policy.payExtra({ purpose, urgency }, nowMs)) return false;
    if (purpose === "hedge") this.policy.counts.hedges++;
    else this.policy.counts.retries++;
    progress.second = this.send({ shard, attempt: extraAttempt }, { replica, purpose }, turn);
    return true;
  }

  private onReply(progress: ShardProgress, reply: Extract<GatherEvent, { kind: "reply" }>, turn: Turn): void {
    const { nowMs } = turn;
    const attempt = progress.attempt(reply.attempt);
    if (attempt === undefined || !attempt.open) return;
    const latencyMs = nowMs - attempt.sentMs;
    this.settle({ progress, number: reply.attempt }, { kind: "answered", latencyMs, queuedMs: reply.queuedMs }, nowMs);
    if (reply.attempt === extraAttempt && progress.hedged && progress.outcome !== undefined)
      this.policy.counts.hedgesWasted++;
    if (reply.attempt === shadowAttempt || progress.outcome !== undefined) return;
    progress.accept(reply, attempt.replica);
    if (reply.attempt === extraAttempt && progress.hedged) this.policy.counts.hedgesWon++;
    this.cancelAttempt(progress, reply.attempt === firstAttempt ? extraAttempt : firstAttempt, turn);
    this.resolve(progress, reply.outcome, nowMs);
    this.slopeWait(turn);
  }

  private onError(
    progress: ShardProgress,
    error: { shard: number; attempt: number; code: AttemptErrorCode },
    turn: Turn,
  ): void {
    const { nowMs } = turn;
    const attempt = progress.attempt(error.attempt);
    if (attempt === undefined || !attempt.open) return;
    this.settle({ progress, number: error.attempt }, endOfError(error.code), nowMs);
    if (error.attempt === shadowAttempt || progress.outcome !== undefined) return;
    progress.errors.push(error.code);
    if (progress.first?.open || progress.second?.open) return;
    const canRetry = this.request.hedge && mayRetry(error.code, this.request.suspect === true);
    if (canRetry && this.sendExtra(error.shard, "retry", turn)) return;
    this.resolve(progress, missingOutcome(progress.errors), nowMs);
  }

  private onStarted(progress: ShardProgress, event: { attempt: number }, turn: Turn): void {
    const { nowMs } = turn;
    const attempt = progress.attempt(event.attempt);
    if (attempt === undefined || !attempt.open || event.attempt === shadowAttempt) return;
    attempt.started = true;
    const other = event.attempt === firstAttempt ? extraAttempt : firstAttempt;
    if (!progress.tied || progress.attempt(other)?.started !== false) return;
    // What was called off before it began cost nothing; what was left to run is paid for.
    if (this.cancelAttempt(progress, other, turn)) this.policy.budget.refund(nowMs);
  }

  /** Once the minimum coverage is in, each further answer shortens the wait for the rest. */
  private slopeWait(turn: Turn): void {
    const { nowMs, out } = turn;
    const { minCoverage } = this.request;
    if (minCoverage <= 0 || minCoverage >= 1 || this.open === 0) return;
    const { coverage } = this;
    if (coverage < minCoverage) return;
    this.coveredAtMs ??= nowMs;
    const waitMs = coverageWaitMs(coverage, minCoverage, this.deadlineMs - this.coveredAtMs);
    out.push({ kind: "setTimer", timer: "coverage", atMs: Math.max(nowMs, this.coveredAtMs + waitMs) });
  }

  private resolve(progress: ShardProgress, outcome: ShardOutcome, nowMs: number): void {
    progress.outcome = outcome;
    progress.tookMs = progress.first === undefined ? 0 : nowMs - progress.first.sentMs;
    this.open--;
  }

  /** Calls an attempt off, where it is under way and settings let it be; answers whether it did. */
  private cancelAttempt(progress: ShardProgress, attempt: number, turn: Turn): boolean {
    return this.policy.settings.hedge.cancel && this.giveUp({ progress, number: attempt }, "abandoned", turn);
  }

  /** Tells the shard's memory a first attempt's latency, or how long one was waited for that was already slow. */
  private learn(progress: ShardProgress, end: AttemptEnd, { ageMs, nowMs }: { ageMs: number; nowMs: number }): void {
    const memory = progress.health.memory(this.request.queryClass);
    const isBound = end.kind !== "failed" && ageMs > memory.quantileMs;
    if (end.kind === "answered" || isBound) memory.record(ageMs, nowMs);
  }

  /** Books an attempt's end. */
  private settle({ progress, number }: AttemptPlace, end: AttemptEnd, nowMs: number): void {
    const attempt = progress.attempt(number);
    if (attempt === undefined || !attempt.open) return;
    const { queryClass } = this.request;
    if (number === extraAttempt && progress.hedged && end.kind !== "answered") this.policy.counts.hedgesWasted++;
    if (number === firstAttempt && this.policy.settings.hedge.enabled)
      this.learn(progress, end, { ageMs: nowMs - attempt.sentMs, nowMs });
    this.policy.settle(attempt, end, { shard: progress.health, queryClass, nowMs });
  }

  private finish(turn: Turn, open: GivenUp = "abandoned"): void {
    const { nowMs, out } = turn;
    this.done = true;
    // A replica that is a little slower than its siblings is well all the same, and would never be seen to be.
    const copiesGoOn = open === "abandoned" && nowMs < this.deadlineMs;
    let hasCopies = false;
    for (const progress of this.progress) {
      this.giveUp({ progress, number: firstAttempt }, open, turn);
      this.giveUp({ progress, number: extraAttempt }, open, turn);
      if (copiesGoOn) hasCopies ||= progress.shadow?.open === true;
      else this.giveUp({ progress, number: shadowAttempt }, open, turn);
      if (progress.outcome === undefined) this.resolve(progress, "late", nowMs);
    }
    out.push({ kind: "finish" });
    if (hasCopies) out.push({ kind: "setTimer", timer: "deadline", atMs: this.deadlineMs });
  }

  /** Takes in what copies come to that were still under way at the finish. */
  private afterFinish(event: GatherEvent, turn: Turn): void {
    if (event.kind === "reply" || event.kind === "error") {
      const { shard, attempt: number } = event;
      const progress = this.progress[shard];
      if (progress === undefined || number !== shadowAttempt) return;
      if (event.kind === "reply") this.onReply(progress, event, turn);
      else this.onError(progress, event, turn);
    } else if (event.kind === "cancelled" || (event.kind === "timer" && event.timer === "deadline")) {
      const open = event.kind === "cancelled" ? "withdrawn" : "abandoned";
      for (const progress of this.progress) this.giveUp({ progress, number: shadowAttempt }, open, turn);
    }
  }

  /** Calls an attempt off, where it is under way; answers whether it was. */
  private giveUp({ progress, number }: AttemptPlace, open: GivenUp, { nowMs, out }: Turn): boolean {
    const attempt = progress.attempt(number);
    if (attempt === undefined || !attempt.open) return false;
    this.settle({ progress, number }, { kind: open }, nowMs);
    this.policy.counts.cancels++;
    out.push({ kind: "cancel", shard: progress.shard, attempt: number, replica: attempt.replica });
    return true;
  }
}
