import { LatencyHistogram } from "./histogram.ts";
import { LatencyWindow } from "./latency-window.ts";
import type { HedgeSettings } from "./settings.ts";

/** What the hedge delay rests on. */
export type HedgeFacts = {
  samples: number;
  quantileMs: number;
  medianMs: number;
  rttMs: number;
  remainingMs: number;
};

/**
 * How long a first attempt may take before a second one is sent; undefined: no hedge. The chosen quantile of the
 * shard's own latencies ("The Tail at Scale", Dean and Barroso 2013), kept between what can still win and what is
 * worth waiting for. While too few latencies are known for the quantile, that upper bound alone: a service that is
 * asked once a second never has many, and its queries must outlive a hung leaf too.
 */
export function hedgeDelayMs(facts: HedgeFacts, settings: HedgeSettings): number | undefined {
  if (!settings.enabled) return undefined;
  if (settings.fixedDelayMs !== undefined) return settings.fixedDelayMs;
  const least = Math.max(settings.delayMsMin, settings.delayRttMin * facts.rttMs);
  const longest = settings.delayRemainingShareMax * facts.remainingMs;
  if (facts.samples < settings.medianSamplesMin) return Math.max(least, longest);
  const most = Math.min(settings.delayMediansMax * facts.medianMs, longest);
  return Math.max(least, facts.samples < settings.samplesMin ? most : Math.min(facts.quantileMs, most));
}

/** For how long a quantile is used before it is computed anew. */
const refreshMs = 100;

/**
 * The latencies of first attempts to one shard, of one class of queries. An attempt that was cancelled counts with the
 * time it had waited: at least as long as the quantile that had it hedged, so the quantile stays true.
 */
export class HedgeMemory {
  private readonly window: LatencyWindow;
  private readonly quantile: number;
  private readonly merged = new LatencyHistogram();
  private computedAtMs = Number.NEGATIVE_INFINITY;
  quantileMs = 0;
  medianMs = 0;
  samples = 0;

  constructor(settings: HedgeSettings) {
    this.window = new LatencyWindow(settings.windowMs, settings.windowSlots);
    this.quantile = settings.quantile;
  }

  record(latencyMs: number, nowMs: number): void {
    this.window.record(latencyMs, nowMs);
  }

  /** Brings `quantileMs`, `medianMs` and `samples` up to date, at most ten times a second. */
  refresh(nowMs: number): void {
    if (nowMs - this.computedAtMs < refreshMs) return;
    this.computedAtMs = nowMs;
    this.merged.clear();
    this.window.mergeInto(this.merged, nowMs);
    this.samples = this.merged.count;
    this.quantileMs = this.merged.quantileMs(this.quantile);
    this.medianMs = this.merged.quantileMs(0.5);
  }
}
