import { LatencyHistogram } from "./histogram.ts";
import type { AdmissionSettings } from "./settings.ts";

export type Priority = "interactive" | "batch";

export type AdmissionDecision = { kind: "admitted" } | { kind: "shed"; retryAfterS: number };

const baselineWindows = 30;

/**
 * Admits or sheds whole queries before anything is sent: half an answer costs its leaves as much as a whole one. The
 * limit is on queries in flight. It follows a gradient (after Netflix's concurrency-limits): it grows while answers are
 * fast, and shrinks when they are slow both beside an idle system and beside their own budgets. Either alone misleads:
 * a wide fan-out multiplies its median well before it is overloaded, and a short budget may be missed without a queue.
 */
export class Admission {
  private readonly settings: AdmissionSettings;
  private limit: number;
  private inflightNow = 0;
  private inflightMost = 0;
  private readonly window = new LatencyHistogram();
  /** The share of its budget that each query took, in thousandths. */
  private readonly shares = new LatencyHistogram();
  private windowStartMs: number | undefined = undefined;
  /** The medians of the last windows; their least is what an idle system takes. */
  private readonly medians: number[] = [];
  private medianMs = 0;

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
    if (!this.settings.enabled) {
      this.enter();
      return { kind: "admitted" };
    }
    const allowed = priority === "batch" ? this.limit * this.settings.batchShare : this.limit;
    if (this.inflightNow + 1 > Math.max(1, allowed)) {
      return { kind: "shed", retryAfterS: this.retryAfterS(priority) };
    }
    this.enter();
    return { kind: "admitted" };
  }

  /** An admitted query is over after `tookMs` of its budget. One whose caller went away says nothing. */
  leave(end: { tookMs: number; budgetMs: number; gone?: boolean }, nowMs: number): void {
    this.inflightNow--;
    if (end.gone !== true) {
      this.window.record(end.tookMs);
      this.shares.record(end.tookMs / Math.max(end.budgetMs, 1e-3));
    }
    this.windowStartMs ??= nowMs;
    const { windowMs, windowSamplesMin } = this.settings;
    if (nowMs - this.windowStartMs < windowMs || this.window.count < windowSamplesMin) return;
    this.adjust();
    this.window.clear();
    this.shares.clear();
    this.windowStartMs = nowMs;
    this.inflightMost = this.inflightNow;
  }

  private enter(): void {
    this.inflightNow++;
    if (this.inflightNow > this.inflightMost) this.inflightMost = this.inflightNow;
  }

  private adjust(): void {
    const { toleratedSlowdown, toleratedBudgetShare, limitMin, limitMax, smoothing } = this.settings;
    this.medianMs = this.window.quantileMs(0.5);
    this.medians.push(this.medianMs);
    if (this.medians.length > baselineWindows) this.medians.shift();
    const idleMs = Math.min(...this.medians);
    const byIdle = (toleratedSlowdown * idleMs) / Math.max(this.medianMs, 1e-3);
    const byBudget = toleratedBudgetShare / Math.max(this.shares.quantileMs(0.95), 1e-3);
    const gradient = Math.max(byIdle, byBudget);
    if (gradient >= 1 && this.inflightMost < this.limit / 2) return;
    const target = this.limit * Math.min(1, Math.max(0.5, gradient)) + (gradient >= 1 ? Math.sqrt(this.limit) : 0);
    this.limit = Math.min(limitMax, Math.max(limitMin, this.limit + smoothing * (target - this.limit)));
  }

  /** When it makes sense to come back: whole seconds, longer for those who can wait. */
  private retryAfterS(priority: Priority): number {
    const drainS = (this.medianMs * 4) / 1000;
    return Math.max(1, Math.ceil(drainS)) * (priority === "batch" ? 5 : 1);
  }
}
