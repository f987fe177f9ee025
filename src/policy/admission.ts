import { LatencyHistogram } from "./histogram.ts";
import type { AdmissionSettings } from "./settings.ts";

export type Priority = "interactive" | "batch";

export type AdmissionDecision = { kind: "admitted" } | { kind: "shed"; retryAfterS: number };

const baselineWindows = 30;

/**
 * Admits or sheds whole queries before anything is sent: half an answer costs its leaves as much as a whole one. The
 * limit is on queries in flight. It follows the gradient between the latency of an idle system and today's (after
 * Netflix's concurrency-limits): while answers come nearly as fast as they ever did it grows, when they take
 * `toleratedSlowdown` times as long it stands, beyond that it shrinks.
 */
export class Admission {
  private readonly settings: AdmissionSettings;
  private limit: number;
  private inflightNow = 0;
  private inflightMost = 0;
  private readonly window = new LatencyHistogram();
  private windowStartMs: number | undefined = undefined;
  /** The fast end of each of the last windows; their least is what an idle system takes. */
  private readonly fastest: number[] = [];
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

  /** An admitted query is over after `tookMs`; `answered` false when it was given up and its time says nothing. */
  leave(tookMs: number, answered: boolean, nowMs: number): void {
    this.inflightNow--;
    if (answered) this.window.record(tookMs);
    this.windowStartMs ??= nowMs;
    const { windowMs, windowSamplesMin } = this.settings;
    if (nowMs - this.windowStartMs < windowMs || this.window.count < windowSamplesMin) return;
    this.adjust();
    this.window.clear();
    this.windowStartMs = nowMs;
    this.inflightMost = this.inflightNow;
  }

  private enter(): void {
    this.inflightNow++;
    if (this.inflightNow > this.inflightMost) this.inflightMost = this.inflightNow;
  }

  private adjust(): void {
    const { toleratedSlowdown, limitMin, limitMax, smoothing } = this.settings;
    this.fastest.push(this.window.quantileMs(this.settings.idleQuantile));
    if (this.fastest.length > baselineWindows) this.fastest.shift();
    this.medianMs = this.window.quantileMs(0.5);
    const gradient = (toleratedSlowdown * Math.min(...this.fastest)) / Math.max(this.medianMs, 1e-3);
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
