import { LatencyTracker } from "../policy/latency-window.ts";

/**
 * What a replica's leaf says it spent on answers, the wait in its queue apart from the work: a leaf that queues is
 * loaded, one that works for long is slow. Each a tracker of its own, since percentiles cannot be subtracted.
 */
export class LeafTimes {
  readonly queued = new LatencyTracker();
  readonly service = new LatencyTracker();

  /** Takes a reply in; costs under a microsecond. */
  record({ queuedMs, tookMs }: { queuedMs: number; tookMs: number }, nowMs: number): void {
    this.queued.record(queuedMs, nowMs);
    this.service.record(tookMs, nowMs);
  }
}
