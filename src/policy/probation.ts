import type { Random } from "../time.ts";
import type { ReplicaHealth } from "./replica.ts";
import type { ProbationSettings } from "./settings.ts";

/**
 * Takes a replica out of a shard's rotation when it has become far slower than its best sibling, or silent. Out, it is
 * left alone for a while that doubles with each relapse; then it is sent copies of a few queries, and comes back after
 * enough good answers. A shard's last replica in good standing always stays.
 */
export class Probation {
  private readonly settings: ProbationSettings;
  private readonly random: Random;

  constructor(settings: ProbationSettings, random: Random) {
    this.settings = settings;
    this.random = random;
  }

  /** Looks at a replica after an attempt to it was settled, `good` when it answered. */
  review(replica: ReplicaHealth, siblings: readonly ReplicaHealth[], good: boolean, nowMs: number): void {
    if (!this.settings.enabled) return;
    replica.failuresInRow = good ? 0 : replica.failuresInRow + 1;
    if (replica.standing === "probation") this.reviewCopy(replica, siblings, good, nowMs);
    else if (replica.standing === "ready" && this.isBad(replica, siblings)) this.eject(replica, siblings, nowMs);
  }

  /** The replica that should get a copy of this query, if it is one of the few that are copied. */
  shadow(replicas: readonly ReplicaHealth[], nowMs: number): ReplicaHealth | undefined {
    for (const replica of replicas) {
      if (replica.standing === "ready") continue;
      if (replica.standing === "ejected" && nowMs >= replica.returnsAtMs) {
        replica.standing = "probation";
        replica.goodAnswers = 0;
      }
      if (replica.standing !== "probation" || !replica.reachable || replica.inflight > 0) continue;
      if (this.random.next() < this.settings.shadowShare) return replica;
    }
    return undefined;
  }

  private isBad(replica: ReplicaHealth, siblings: readonly ReplicaHealth[]): boolean {
    if (replica.failuresInRow >= this.settings.failuresInRowMax) return true;
    return replica.samples >= this.settings.slowSamplesMin && this.isSlow(replica, siblings);
  }

  private isSlow(replica: ReplicaHealth, siblings: readonly ReplicaHealth[]): boolean {
    let bestMs = Number.POSITIVE_INFINITY;
    for (const sibling of siblings) {
      if (sibling === replica || sibling.standing !== "ready" || !sibling.reachable || sibling.samples === 0) continue;
      bestMs = Math.min(bestMs, sibling.latencyMs());
    }
    return replica.latencyMs() > this.settings.slowFactor * bestMs;
  }

  private reviewCopy(replica: ReplicaHealth, siblings: readonly ReplicaHealth[], good: boolean, nowMs: number): void {
    if (!good || this.isSlow(replica, siblings)) {
      this.eject(replica, siblings, nowMs);
      return;
    }
    replica.goodAnswers++;
    if (replica.goodAnswers < this.settings.goodAnswersMin) return;
    replica.standing = "ready";
    replica.samples = 0;
    replica.joinedMs = nowMs;
  }

  private eject(replica: ReplicaHealth, siblings: readonly ReplicaHealth[], nowMs: number): void {
    if (!siblings.some((other) => other !== replica && other.standing === "ready" && other.reachable)) return;
    if (nowMs - replica.relapsedAtMs > this.settings.forgetMs) replica.relapses = 0;
    const outMs = Math.min(this.settings.outMsMax, this.settings.outMs * 2 ** replica.relapses);
    replica.relapses++;
    replica.relapsedAtMs = nowMs;
    replica.standing = "ejected";
    replica.failuresInRow = 0;
    replica.goodAnswers = 0;
    replica.samples = 0;
    replica.returnsAtMs = nowMs + outMs * (0.75 + this.random.next() / 2);
  }
}
