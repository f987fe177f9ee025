import { LatencyHistogram } from "./histogram.ts";

/** What people and metrics are shown of a window. `count` is how many durations it rests on. */
export type LatencySummary = { count: number; p50Ms: number; p95Ms: number; p99Ms: number; p999Ms: number };

/**
 * The durations of the last `spanMs`, in `slotCount` slots that are dropped whole: at any time it holds everything of
 * the last `spanMs * (slotCount - 1) / slotCount` and nothing older than `spanMs`. Time moves only by its arguments; a
 * gap in which nothing is recorded empties it like any other passing of time.
 */
export class LatencyWindow {
  private readonly slotMs: number;
  private readonly slots: (LatencyHistogram | undefined)[];
  private newest = Number.NEGATIVE_INFINITY;
  /** The newest slot, once something has fallen into it, and when the next one begins. */
  private current: LatencyHistogram | undefined;
  private nextMs = Number.NEGATIVE_INFINITY;

  constructor(spanMs: number, slotCount: number) {
    this.slotMs = spanMs / slotCount;
    this.slots = new Array(slotCount).fill(undefined);
  }

  record(durationMs: number, nowMs: number): void {
    this.slotAt(nowMs).record(durationMs);
  }

  /** Counts durations that were all recorded at about the same time. */
  add(durations: LatencyHistogram, nowMs: number): void {
    this.slotAt(nowMs).merge(durations);
  }

  /** How many durations stand in the window. */
  count(nowMs: number): number {
    this.advance(nowMs);
    let count = 0;
    for (const slot of this.slots) count += slot?.count ?? 0;
    return count;
  }

  /** Adds the window's durations to `target`: how windows of several replicas are joined. */
  mergeInto(target: LatencyHistogram, nowMs: number): void {
    this.advance(nowMs);
    for (const slot of this.slots) if (slot !== undefined && slot.count > 0) target.merge(slot);
  }

  private slotAt(nowMs: number): LatencyHistogram {
    this.advance(nowMs);
    if (this.current !== undefined) return this.current;
    this.current = new LatencyHistogram();
    this.slots[positiveModulo(this.newest, this.slots.length)] = this.current;
    return this.current;
  }

  /** Clears the slots that time has passed by. A clock that stands still is fine. */
  private advance(nowMs: number): void {
    if (nowMs < this.nextMs) return;
    const tick = Math.floor(nowMs / this.slotMs);
    if (tick <= this.newest) return;
    const stale = Math.min(tick - this.newest, this.slots.length);
    for (let i = 0; i < stale; i++) this.slots[positiveModulo(tick - i, this.slots.length)]?.clear();
    this.newest = tick;
    this.nextMs = (tick + 1) * this.slotMs;
    this.current = this.slots[positiveModulo(tick, this.slots.length)];
  }
}

const views = [
  { name: "10s", spanMs: 10_000, slotCount: 10 },
  { name: "1m", spanMs: 60_000, slotCount: 12 },
  { name: "5m", spanMs: 300_000, slotCount: 15 },
] as const;

export type LatencyViewName = (typeof views)[number]["name"];
export const latencyViewNames: readonly LatencyViewName[] = views.map((view) => view.name);

/** The shortest slot of any view; all others are whole multiples of it. */
const freshSpanMs = 1_000;

/**
 * The three windows in which latencies are shown: the last 10 seconds, minute and five minutes. Every reply is recorded in
 * several trackers, so each counts it once and adds a second's recordings to all its windows when the second is over.
 */
export class LatencyTracker {
  private readonly windows = views.map((view) => new LatencyWindow(view.spanMs, view.slotCount));
  private readonly fresh = new LatencyHistogram();
  private freshMs = 0;
  private freshUntilMs = Number.NEGATIVE_INFINITY;

  record(durationMs: number, nowMs: number): void {
    if (nowMs >= this.freshUntilMs) {
      this.pour();
      this.freshMs = nowMs;
      this.freshUntilMs = (Math.floor(nowMs / freshSpanMs) + 1) * freshSpanMs;
    }
    this.fresh.record(durationMs);
  }

  mergeInto(target: LatencyHistogram, view: LatencyViewName, nowMs: number): void {
    this.pour();
    this.windows[latencyViewNames.indexOf(view)]?.mergeInto(target, nowMs);
  }

  private pour(): void {
    if (this.fresh.count === 0) return;
    for (const window of this.windows) window.add(this.fresh, this.freshMs);
    this.fresh.clear();
  }
}

/** The percentiles of several trackers taken together (histograms are added, percentiles never averaged). */
export function summarizeTrackers(
  trackers: Iterable<LatencyTracker>,
  view: LatencyViewName,
  nowMs: number,
): LatencySummary {
  const all = new LatencyHistogram();
  for (const tracker of trackers) tracker.mergeInto(all, view, nowMs);
  return summarize(all);
}

export function summarize(histogram: LatencyHistogram): LatencySummary {
  return {
    count: histogram.count,
    p50Ms: histogram.quantileMs(0.5),
    p95Ms: histogram.quantileMs(0.95),
    p99Ms: histogram.quantileMs(0.99),
    p999Ms: histogram.quantileMs(0.999),
  };
}

function positiveModulo(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
