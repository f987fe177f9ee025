import type { Random } from "../time.ts";
import type { ReplicaHealth } from "./replica.ts";
import type { ChoiceSettings } from "./settings.ts";

/** Who asks, and what must not be chosen. */
export type ChoiceRequest = {
  nowMs: number;
  zone: string | undefined;
  /** The replica that already has an attempt of this query. */
  except: ReplicaHealth | undefined;
  /** An extra attempt leaves out replicas that push back. */
  extra: boolean;
};

const rampShareMin = 0.1;

/**
 * How long an answer of this replica is expected to take: its own time for each attempt that stands before, and as much
 * again as its oldest attempt has already waited beyond that, since what has stalled for long will not end at once.
 */
function replicaCost(replica: ReplicaHealth, settings: ChoiceSettings, nowMs: number): number {
  const ownMs = Math.max(replica.latencyMs(settings.peakDecayMs, nowMs), 1e-3);
  const stalledMs = Math.max(0, replica.oldestAgeMs(nowMs) - replica.inflight * ownMs);
  return (replica.inflight + 1) * ownMs + stalledMs;
}

/** How much of its share a replica takes up: a tenth when it joins, all of it when it has been there for `rampMs`. */
function rampShare(replica: ReplicaHealth, settings: ChoiceSettings, nowMs: number): number {
  if (replica.joinedMs === undefined) return 1;
  const share = (nowMs - replica.joinedMs) / settings.rampMs;
  if (share >= 1) replica.joinedMs = undefined;
  return Math.min(1, Math.max(rampShareMin, share));
}

/**
 * The replica to ask: the cheaper of two that are picked at random (Mitzenmacher's power of two choices), from the own
 * zone unless another zone is far cheaper. When none is in good standing, any that is reachable will do: a shard's last
 * replica is never given up, and a second attempt at one that was merely slow is the only hope beside one that hangs.
 * Undefined: there is nobody to ask.
 */
export class ReplicaChoice {
  private readonly settings: ChoiceSettings;
  private readonly random: Random;
  private readonly near: ReplicaHealth[] = [];
  private readonly far: ReplicaHealth[] = [];
  /** Round robin goes round each shard by itself: one turn for all would give a shard the same replica every time. */
  private readonly turns = new WeakMap<readonly ReplicaHealth[], number>();
  private turn = 0;

  constructor(settings: ChoiceSettings, random: Random) {
    this.settings = settings;
    this.random = random;
  }

  choose(replicas: readonly ReplicaHealth[], request: ChoiceRequest): ReplicaHealth | undefined {
    this.collect(replicas, request, true);
    if (this.near.length === 0 && this.far.length === 0) this.collect(replicas, request, false);
    if (this.settings.rule === "round-robin") {
      this.turn = ((this.turns.get(replicas) ?? 0) + 1) % 0x4000_0000;
      this.turns.set(replicas, this.turn);
    }
    const near = this.pick(this.near, request.nowMs);
    const far = this.pick(this.far, request.nowMs);
    if (near === undefined || far === undefined) return near ?? far;
    const nearCost = replicaCost(near, this.settings, request.nowMs);
    const farCost = replicaCost(far, this.settings, request.nowMs);
    return farCost * this.settings.zoneAdvantage < nearCost ? far : near;
  }

  private collect(replicas: readonly ReplicaHealth[], request: ChoiceRequest, standing: boolean): void {
    this.near.length = 0;
    this.far.length = 0;
    for (const replica of replicas) {
      if (!replica.reachable || replica === request.except) continue;
      if (standing && (replica.standing !== "ready" || this.isHeldBack(replica, request.nowMs))) continue;
      if (request.extra && replica.pushBackUntilMs > request.nowMs) continue;
      const near = request.zone === undefined || replica.zone === undefined || replica.zone === request.zone;
      (near ? this.near : this.far).push(replica);
    }
  }

  /** A replica that has just joined is a candidate for a growing share of the queries only. */
  private isHeldBack(replica: ReplicaHealth, nowMs: number): boolean {
    if (replica.joinedMs === undefined) return false;
    return this.random.next() >= rampShare(replica, this.settings, nowMs);
  }

  private pick(among: readonly ReplicaHealth[], nowMs: number): ReplicaHealth | undefined {
    if (among.length <= 1) return among[0];
    if (this.settings.rule === "round-robin") return among[this.turn % among.length];
    const firstAt = Math.floor(this.random.next() * among.length);
    const first = among[firstAt];
    if (this.settings.rule === "random" || first === undefined) return first;
    const step = 1 + Math.floor(this.random.next() * (among.length - 1));
    const second = among[(firstAt + step) % among.length];
    if (second === undefined) return first;
    return replicaCost(second, this.settings, nowMs) < replicaCost(first, this.settings, nowMs) ? second : first;
  }
}
