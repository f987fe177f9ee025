import type { Random } from "../time.ts";
import type { ReplicaHealth } from "./replica.ts";
import type { ProbationSettings } from "./settings.ts";
import type { ShardHealth } from "./shard.ts";

/** One replica among its shard's. */
export type ShardReplica = { replica: ReplicaHealth; shard: ShardHealth };

/**
 * Takes a replica out of a shard's rotation when it has become far slower than its best sibling, or silent. Out, it is
 * left alone for a while that doubles with each relapse; then it is sent copies of a few queries (or, where they may not
 * be copied, the queries themselves), and comes back after enough good answers. A shard's last replica in good standing
 * always stays.
 */
export class Probation {
  private readonly settings: ProbationSettings;
  private readonly random: Random;
  /** How many replicas each leaf has, and how many of them are out. */
  private readonly leaves = new Map<string, { known: number; out: number }>();
  private leavesOut = 0;
  /** How often a replica was taken out so far, for metrics. */
  ejections = 0;

  constructor(settings: ProbationSettings, random: Random) {
    this.settings = settings;
    this.random = random;
  }

  /** A replica has come or gone. */
  count(replica: ReplicaHealth, change: 1 | -1): void {
    const leaf = this.leaves.get(replica.leaf) ?? { known: 0, out: 0 };
    this.leaves.set(replica.leaf, leaf);
    leaf.known += change;
    if (replica.standing !== "ready") this.countOut(replica, change);
    if (leaf.known === 0) this.leaves.delete(replica.leaf);
  }

  private countOut(replica: ReplicaHealth, change: 1 | -1): void {
    const leaf = this.leaves.get(replica.leaf);
    if (leaf === undefined) return;
    const before = leaf.out;
    leaf.out += change;
    if (before === 0) this.leavesOut++;
    else if (leaf.out === 0) this.leavesOut--;
  }

  /** Looks at a replica after one of its attempts was settled. */
  review({ replica, shard }: ShardReplica, sign: HealthSign, nowMs: number): void {
    if (!this.settings.enabled) return;
    replica.failuresInRow = sign.kind === "answered" ? 0 : replica.failuresInRow + 1;
    if (replica.standing === "probation") this.reviewCopy({ replica, shard }, sign, nowMs);
    else if (replica.standing === "ready") {
      const fault = this.faultOf({ replica, shard }, sign, nowMs);
      if (fault !== undefined) this.eject({ replica, shard }, fault, nowMs);
    }
  }

  /** The replica that should get a copy of this query, if it is one of the few that are copied. */
  shadow(replicas: readonly ReplicaHealth[], nowMs: number): ReplicaHealth | undefined {
    return replicas.find((replica) => replica.standing !== "ready" && this.isTurnOf(replica, 0, nowMs));
  }

  /**
   * The replica that should get this query itself, if it is one of the few that are risked: for those that get one
   * attempt only, no copy could show that a replica is well again.
   */
  trial(replicas: readonly ReplicaHealth[], nowMs: number): ReplicaHealth | undefined {
    const { trialGapMin } = this.settings;
    return replicas.find((replica) => replica.standing !== "ready" && this.isTurnOf(replica, trialGapMin, nowMs));
  }

  /** Whether one that is out gets something of this query; at least `gapMin` others must have gone by before. */
  private isTurnOf(replica: ReplicaHealth, gapMin: number, nowMs: number): boolean {
    if (!replica.reachable || replica.inflight > 0) return false;
    if (replica.standing === "ejected" && nowMs >= replica.returnsAtMs) {
      replica.standing = "probation";
      replica.copiedMs = nowMs;
      replica.passedOver = 0;
    }
    if (replica.standing !== "probation") return false;
    if (replica.passedOver++ < gapMin) return false;
    const isDrawn = this.random.next() < this.settings.shadowShare;
    if (!isDrawn && nowMs - replica.copiedMs < this.settings.shadowMsMax) return false;
    replica.copiedMs = nowMs;
    replica.passedOver = 0;
    return true;
  }

  private faultOf({ replica, shard }: ShardReplica, sign: HealthSign, nowMs: number): Fault | undefined {
    const { failuresInRowMax, uselessInRowMax, silentMsMin, slowSamplesMin } = this.settings;
    if (sign.kind !== "answered") {
      if (replica.failuresInRow < (sign.kind === "useless" ? uselessInRowMax : failuresInRowMax)) return undefined;
      return sign.kind !== "silent" || nowMs - replica.answeredMs >= silentMsMin ? "silent" : undefined;
    }
    const slow = this.isSlow({ replica, shard }, sign.ownMs, nowMs) ? 1 : 0;
    replica.slowShare += (slow - replica.slowShare) / slowSamplesMin;
    return replica.slowShare > 0.5 ? "slow" : undefined;
  }

  /** Each answer is compared with what siblings take at the same time: both may have been far slower an hour ago. */
  private isSlow({ replica, shard }: ShardReplica, ownMs: number, nowMs: number): boolean {
    const { slowFactor, slowMsMin, slowSamplesMin, siblingMsMax } = this.settings;
    if (ownMs <= slowMsMin) return false;
    let bestMs = Number.POSITIVE_INFINITY;
    for (const sibling of shard.replicas) {
      if (sibling === replica || sibling.standing !== "ready" || !sibling.reachable) continue;
      if (sibling.samples < slowSamplesMin || nowMs - sibling.answeredMs > siblingMsMax) continue;
      bestMs = Math.min(bestMs, sibling.ownMedianMs);
    }
    return ownMs > slowFactor * bestMs;
  }

  private reviewCopy({ replica, shard }: ShardReplica, sign: HealthSign, nowMs: number): void {
    const { slowAnswersMax, goodAnswersMin } = this.settings;
    if (sign.kind !== "answered") {
      this.eject({ replica, shard }, "silent", nowMs);
      return;
    }
    if (this.isSlow({ replica, shard }, sign.ownMs, nowMs)) {
      if (++replica.slowAnswers >= slowAnswersMax) this.eject({ replica, shard }, "slow", nowMs);
      return;
    }
    if (++replica.goodAnswers < goodAnswersMin) return;
    this.reinstate(replica);
    replica.joinedMs = nowMs;
    const known = shard.replicas.filter((sibling) => sibling !== replica && sibling.standing === "ready");
    const bestMs = Math.min(...known.map(({ ownMedianMs }) => ownMedianMs));
    if (Number.isFinite(bestMs)) replica.seed(bestMs, nowMs);
  }

  private reinstate(replica: ReplicaHealth): void {
    replica.standing = "ready";
    replica.samples = 0;
    replica.slowShare = 0;
    this.countOut(replica, -1);
  }

  private eject({ replica, shard }: ShardReplica, fault: Fault, nowMs: number): void {
    const wasReady = replica.standing === "ready";
    if (wasReady && fault === "silent") this.recall(shard);
    if (wasReady && !this.mayLose(replica, shard)) return;
    if (nowMs - replica.relapsedAtMs > this.settings.forgetMs) replica.relapses = 0;
    const outMs = Math.min(this.settings.outMsMax, this.settings.outMs * 2 ** replica.relapses);
    replica.relapses++;
    replica.relapsedAtMs = nowMs;
    replica.standing = "ejected";
    replica.outForSilence = fault === "silent";
    replica.failuresInRow = 0;
    replica.goodAnswers = 0;
    replica.slowAnswers = 0;
    replica.samples = 0;
    replica.slowShare = 0;
    replica.returnsAtMs = nowMs + outMs * (0.75 + this.random.next() / 2);
    if (!wasReady) return;
    this.countOut(replica, 1);
    this.ejections++;
  }

  /** Brings those back that were merely slow: with nobody else to ask than one that has fallen silent, slow is good. */
  private recall(shard: ShardHealth): void {
    if (shard.replicas.filter(({ standing, reachable }) => standing === "ready" && reachable).length > 1) return;
    for (const sibling of shard.replicas) {
      if (sibling.standing !== "ready" && sibling.reachable && !sibling.outForSilence) this.reinstate(sibling);
    }
  }

  /**
   * A shard keeps the larger half of its replicas, and the fleet most of its leaves whole: what all suffer from is no
   * replica's fault, and those that are left must carry the load. A leaf that hangs may lose all that it holds.
   */
  private mayLose(replica: ReplicaHealth, shard: ShardHealth): boolean {
    const outMax = Math.max(1, Math.floor(this.leaves.size * this.settings.outShareMax));
    const isOutAlready = (this.leaves.get(replica.leaf)?.out ?? 0) > 0;
    if (!isOutAlready && this.leavesOut >= outMax) return false;
    const others = shard.replicas.filter((other) => other !== replica && other.standing === "ready" && other.reachable);
    return others.length >= Math.ceil(shard.replicas.length / 2);
  }
}

/** What an attempt's end says of its replica: it answered, to no use, it broke, or nothing came for too long. */
export type HealthSign =
  | { kind: "answered"; ownMs: number }
  | { kind: "useless" }
  | { kind: "lost" }
  | { kind: "silent" };

/** Why a replica is taken out. */
type Fault = "slow" | "silent";
