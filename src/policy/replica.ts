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

/** How far one answer moves the median at least: a factor of three takes some seventy answers. */
const medianStepMin = 0.015;
/** What silence alone can make of a replica's expected time, and after how many doublings. */
const silenceMsMax = 10_000;
const silencesMax = 20;

/**
 * What a root knows of one shard's copy on one leaf, from its own attempts alone. Everything takes the time as an
 * argument; `policy/probation` and `policy/replica-choice` decide by it.
 */
export class ReplicaHealth {
  readonly leaf: string;
  /** Where its leaf is; like what follows, kept up to date by the link's owner. */
  zone: string | undefined;
  /** The link's round trip. */
  rttMs: number;
  /** Connected and caught up. An unreachable replica is never asked. */
  reachable = true;
  inflight = 0;
  /** Latencies of answers, for people; absent where nobody looks at them. */
  readonly tracker: LatencyTracker | undefined;

  standing: ReplicaStanding = "ready";
  /** When an ejected one may be tried with copies. */
  returnsAtMs = 0;
  relapses = 0;
  relapsedAtMs = Number.NEGATIVE_INFINITY;
  /** Answers to copies, since it was last given a chance. */
  goodAnswers = 0;
  slowAnswers = 0;
  /** When it was sent the last copy, or began to be one that copies are sent to. */
  copiedMs = Number.NEGATIVE_INFINITY;
  /** Queries of which it could have been sent something since, and was not. */
  passedOver = 0;
  failuresInRow = 0;
  /** The share of its last answers that were far slower than its best sibling's at the time. */
  slowShare = 0;
  /** Whether it was taken out for saying nothing; otherwise it was merely slow. */
  outForSilence = false;
  /** Answers since it was last ready. */
  samples = 0;
  pushBackUntilMs = Number.NEGATIVE_INFINITY;
  /** When it began to take queries; undefined: long ago. */
  joinedMs: number | undefined;

  /** When it last answered anything. */
  answeredMs = Number.NEGATIVE_INFINITY;
  /** The median of what it takes itself, followed in small steps: one hiccup says nothing about a replica. */
  ownMedianMs = 0;
  /** Attempts in a row that were given up, and when the last one was. */
  private silences = 0;
  private silentMs = Number.NEGATIVE_INFINITY;
  private peakMs = 0;
  private peakAtMs = 0;
  private oldest: Attempt | undefined;
  private newest: Attempt | undefined;

  constructor(options: { leaf: string; zone?: string; rttMs?: number; tracked?: boolean }) {
    this.leaf = options.leaf;
    this.zone = options.zone;
    this.rttMs = options.rttMs ?? 0;
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

  /**
   * Takes an answer in. `ownMs` is its latency less the time it stood in the leaf's queue, which is the load's doing and
   * not the replica's.
   */
  observe(answer: { latencyMs: number; ownMs: number }, decayMs: number, nowMs: number): void {
    this.samples++;
    this.answeredMs = nowMs;
    this.silences = 0;
    const step = Math.max(medianStepMin, 1 / (this.samples + 4));
    if (this.ownMedianMs === 0) this.ownMedianMs = answer.ownMs;
    else this.ownMedianMs *= Math.exp(step * Math.sign(answer.ownMs - this.ownMedianMs));
    const keep = fade(nowMs - this.peakAtMs, decayMs);
    const { latencyMs } = answer;
    this.peakMs = latencyMs > this.peakMs ? latencyMs : this.peakMs * keep + latencyMs * (1 - keep);
    this.peakAtMs = nowMs;
  }

  /** An attempt was given up after `ageMs`: its latency is at least that, so it may raise the peak, never lower it. */
  observeAtLeast(ageMs: number, decayMs: number, nowMs: number): void {
    if (ageMs <= this.peakMs * fade(nowMs - this.peakAtMs, decayMs)) return;
    this.peakMs = ageMs;
    this.peakAtMs = nowMs;
  }

  /**
   * An attempt was given up after it had waited unusually long. Each further one that was sent after that and ends so
   * too, with no answer in between, is twice the evidence: a replica that has hung would else look as fast as the hedges
   * that stand in for it, and be asked again and again.
   */
  observeSilence(attempt: Attempt, decayMs: number, nowMs: number): void {
    if (attempt.sentMs >= this.silentMs) {
      this.silences++;
      this.silentMs = nowMs;
    }
    const ageMs = nowMs - attempt.sentMs;
    const doubledMs = ageMs * 2 ** Math.min(Math.max(this.silences - 1, 0), silencesMax);
    this.observeAtLeast(Math.max(ageMs, Math.min(doubledMs, silenceMsMax)), decayMs, nowMs);
  }

  /** Sets the estimates of a replica that nobody has asked yet, or not for long. */
  seed(latencyMs: number, nowMs: number): void {
    this.ownMedianMs = latencyMs;
    this.peakMs = latencyMs;
    this.peakAtMs = nowMs;
  }

  /**
   * What its next answer may take: risen at once with a slow one, sinking to the median again as time passes, so that a
   * replica nobody asks is tried again. 0: nothing is known.
   */
  latencyMs(decayMs: number, nowMs: number): number {
    return Math.max(this.ownMedianMs, this.peakMs * fade(nowMs - this.peakAtMs, decayMs));
  }

  /** How long its oldest open attempt has been waiting: what a silent replica gives away before any answer does. */
  oldestAgeMs(nowMs: number): number {
    return this.oldest === undefined ? 0 : nowMs - this.oldest.sentMs;
  }
}

function fade(passedMs: number, decayMs: number): number {
  return Math.exp(-Math.max(0, passedMs) / decayMs);
}
