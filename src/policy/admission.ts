import { LatencyHistogram } from "./histogram.ts";
import type { AdmissionSettings } from "./settings.ts";

export type Priority = "interactive" | "batch";

export type AdmissionDecision =
  | { kind: "admitted" }
  /** `strained`: answers are too slow already, so capacity is what is missing and not just room under the limit. */
  | { kind: "shed"; retryAfterS: number; strained: boolean };

/** For how many windows after a slow one the service counts as strained. */
const strainedWindows = 10;
/** A limit that has settled moves around 1. */
const strainedGradient = 1.1;

/** How an admitted query ended. */
export type AdmittedEnd = {
  /** How long it took; without the shards that never answered where most did (see `root/load-sample`). */
  tookMs: number;
  /** How much of that was spent in queues; undefined: nobody knows. */
  queuedMs?: number | undefined;
  budgetMs: number;
  /** The caller went away: its time says nothing. */
  gone?: boolean;
};

/**
 * Admits or sheds whole queries before anything is sent: half an answer costs its leaves as much as a whole one. The
 * limit is on queries in flight. It follows a gradient (after Netflix's concurrency-limits): it grows while answers are
 * fast, and shrinks when they are slow both beside what they take without queues and beside their own budgets. Either
 * alone misleads: a wide fan-out multiplies its median well before it is overloaded, and a short budget may be missed
 * without a queue.
 */
export class Admission {
  private readonly settings: AdmissionSettings;
  private limit: number;
  private inflightNow = 0;
  private inflightMost = 0;
  private readonly took = new LatencyHistogram();
  /** What queries took apart from queueing. */
  private readonly own = new LatencyHistogram();
  /** The share of its budget that each query took. */
  private readonly shares = new LatencyHistogram();
  private windowStartMs: number | undefined = undefined;
  private ownMs: number | undefined = undefined;
  private medianMs = 0;
  private windowsSinceSlow = strainedWindows;

  constructor(settings: AdmissionSettings) {
    this.settings = settings;
    this.limit = settings.limitStart;
  }

  /** How many queries are admitted and not yet answered. */
  get inflight(): number {
    return this.inflightNow;
  }

  /** How many may be, at most. */
  get limitNow(): number {
    return Math.floor(this.limit);
  }

  /** Decides about a query; one that is admitted must `leave` exactly once. */
  admit(priority: Priority): AdmissionDecision {
    const allowed = priority === "batch" ? this.limit * this.settings.batchShare : this.limit;
    if (this.settings.enabled && this.inflightNow + 1 > Math.max(1, allowed)) {
      const strained = this.windowsSinceSlow < strainedWindows;
      return { kind: "shed", retryAfterS: this.retryAfterS(priority), strained };
    }
    this.inflightNow++;
    if (this.inflightNow > this.inflightMost) this.inflightMost = this.inflightNow;
    return { kind: "admitted" };
  }

  /** An admitted query is over. */
  leave(end: AdmittedEnd, nowMs: number): void {
    this.inflightNow--;
    if (end.gone !== true) {
      this.took.record(end.tookMs);
      this.shares.record(end.tookMs / Math.max(end.budgetMs, 1e-3));
      if (end.queuedMs !== undefined) this.own.record(end.tookMs - end.queuedMs);
    }
    this.windowStartMs ??= nowMs;
    const { windowMs, windowSamplesMin } = this.settings;
    if (nowMs - this.windowStartMs < windowMs || this.took.count < windowSamplesMin) return;
    this.adjust();
    for (const histogram of [this.took, this.own, this.shares]) histogram.clear();
    this.windowStartMs = nowMs;
    this.inflightMost = this.inflightNow;
  }

  private adjust(): void {
    const { limitMin, limitMax, smoothing } = this.settings;
    const gradient = this.gradient();
    this.windowsSinceSlow = gradient < strainedGradient ? 0 : this.windowsSinceSlow + 1;
    if (gradient >= 1 && this.inflightMost < this.limit / 2) return;
    const target = this.limit * Math.min(1, Math.max(0.5, gradient)) + (gradient >= 1 ? Math.sqrt(this.limit) : 0);
    this.limit = Math.min(limitMax, Math.max(limitMin, this.limit + smoothing * (target - this.limit)));
  }

  /** Below 1: too slow by that factor, on both counts. */
  private gradient(): number {
    const { toleratedSlowdown, toleratedBudgetShare, smoothing } = this.settings;
    this.medianMs = this.took.quantileMs(0.5);
    if (this.own.count > 0) {
      const ownMs = this.own.quantileMs(0.5);
      this.ownMs = this.ownMs === undefined ? ownMs : this.ownMs + smoothing * (ownMs - this.ownMs);
    }
    const byBudget = toleratedBudgetShare / Math.max(this.shares.quantileMs(0.95), 1e-3);
    if (this.ownMs === undefined) return byBudget;
    return Math.max(byBudget, (toleratedSlowdown * this.ownMs) / Math.max(this.medianMs, 1e-3));
  }

  /** When it makes sense to come back: whole seconds, longer for those who can wait. */
  private retryAfterS(priority: Priority): number {
    const drainS = (this.medianMs * 4) / 1000;
    return Math.max(1, Math.ceil(drainS)) * (priority === "batch" ? 5 : 1);
  }
}
