import { LatencyTracker } from "./latency-window.ts";

/** Where a replica stands with this root. Only `ready` ones are asked first; `probation` ones are sent copies. */
export type ReplicaStanding = "ready" | "ejected" | "probation";

/** One request to one replica, from sending until it is settled. Links to its neighbours in order of sending. */
export type Attempt = {
  readonly replica: ReplicaHealth;
  readonly sentMs: number;
  /** The leaf has begun to execute it (known of tied attempts only). */
  started: boolean;
  open: boolean;
  older: Attempt | undefined;
  newer: Attempt | undefined;
};

/**
 * What a root knows of one shard's copy on one leaf, from its own attempts alone. Everything takes the time as an
 * argument; `policy/probation` and `policy/replica-choice` decide by it.
 */
export class ReplicaHealth {
  readonly leaf: string;
  readonly zone: string | undefined;
  /** The link's round trip; its owner keeps it up to date. */
  rttMs: number;
  /** Connected and caught up; kept by the link's owner. An unreachable replica is never asked. */
  reachable = true;
  inflight = 0;
  /** Latencies of answers, for people; absent where nobody looks at them. */
  readonly tracker: LatencyTracker | undefined;

  standing: ReplicaStanding = "ready";
  /** When an ejected one may be tried with copies. */
  returnsAtMs = 0;
  relapses = 0;
  relapsedAtMs = Number.NEGATIVE_INFINITY;
  goodAnswers = 0;
  failuresInRow = 0;
  /** Answers since it was last ready. */
  samples = 0;
  pushBackUntilMs = Number.NEGATIVE_INFINITY;
  /** When it began to take queries; undefined: long ago. */
  joinedMs: number | undefined;

  private ewmaMs = 0;
  private ewmaAtMs = 0;
  private oldest: Attempt | undefined;
  private newest: Attempt | undefined;

  constructor(options: { leaf: string; zone?: string; rttMs?: number; joinedMs?: number; tracked?: boolean }) {
    this.leaf = options.leaf;
    this.zone = options.zone;
    this.rttMs = options.rttMs ?? 0;
    this.joinedMs = options.joinedMs;
    this.tracker = options.tracked === true ? new LatencyTracker() : undefined;
  }

  /** Counts an attempt in; `settle` it exactly once. */
  begin(nowMs: number): Attempt {
    const attempt: Attempt = {
      replica: this,
      sentMs: nowMs,
      started: false,
      open: true,
      older: this.newest,
      newer: undefined,
    };
    if (this.newest === undefined) this.oldest = attempt;
    else this.newest.newer = attempt;
    this.newest = attempt;
    this.inflight++;
    return attempt;
  }

  /** Counts an attempt out. */
  settle(attempt: Attempt): void {
    if (!attempt.open) return;
    attempt.open = false;
    if (attempt.older === undefined) this.oldest = attempt.newer;
    else attempt.older.newer = attempt.newer;
    if (attempt.newer === undefined) this.newest = attempt.older;
    else attempt.newer.older = attempt.older;
    attempt.older = undefined;
    attempt.newer = undefined;
    this.inflight--;
  }

  /** Takes an answer's latency in: a rise at once, a fall by exponential decay (Finagle's peak EWMA). */
  observe(latencyMs: number, decayMs: number, nowMs: number): void {
    this.samples++;
    if (this.samples === 1 && this.ewmaMs === 0) this.ewmaMs = latencyMs;
    this.blend(latencyMs, decayMs, nowMs);
  }

  /** An attempt was given up after `ageMs`: its latency is at least that, so it may raise the estimate, never lower it. */
  observeAtLeast(ageMs: number, decayMs: number, nowMs: number): void {
    if (ageMs > this.ewmaMs) this.blend(ageMs, decayMs, nowMs);
  }

  /** Sets the estimate of a replica nobody has asked yet. */
  seed(latencyMs: number, nowMs: number): void {
    this.ewmaMs = latencyMs;
    this.ewmaAtMs = nowMs;
  }

  /** The current estimate of its latency; 0: nothing is known. */
  latencyMs(): number {
    return this.ewmaMs;
  }

  /** How long its oldest open attempt has been waiting: what a silent replica gives away before any answer does. */
  oldestAgeMs(nowMs: number): number {
    return this.oldest === undefined ? 0 : nowMs - this.oldest.sentMs;
  }

  private blend(latencyMs: number, decayMs: number, nowMs: number): void {
    const keep = Math.exp(-Math.max(0, nowMs - this.ewmaAtMs) / decayMs);
    this.ewmaMs = latencyMs > this.ewmaMs ? latencyMs : this.ewmaMs * keep + latencyMs * (1 - keep);
    this.ewmaAtMs = nowMs;
  }
}
