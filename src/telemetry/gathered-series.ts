import type { Histogram } from "prom-client";
import type { Count, Distribution } from "./metrics.ts";

/**
 * A series that tells the metrics library later. The library looks everything up by labels, and by buckets' bounds as
 * text: one look-up in the middle of a request takes microseconds, each of many in a row a tenth of that. So what is
 * counted or timed is only kept at first; `handOver` tells the library, and must be called before anything is read there.
 */
type Gathered = { handOver(): void };

/** A series of a counter: what was counted since the library was told last. */
export class GatheredCount implements Count, Gathered {
  readonly #told: Count;
  #untold = 0;

  constructor(told: Count) {
    this.#told = told;
  }

  inc(by = 1): void {
    this.#untold += by;
  }

  handOver(): void {
    if (this.#untold > 0) this.#told.inc(this.#untold);
    this.#untold = 0;
  }
}

/** So many are sorted into their buckets in a row, which takes less than a tenth of a millisecond. */
const untoldMax = 256;

/** A series of a histogram: the values that the library has yet to be told of, each of them and in their order. */
export class GatheredDistribution implements Distribution, Gathered {
  readonly #metric: Histogram;
  readonly #labels: Record<string, string>;
  readonly #plain: Distribution;
  readonly #untold = new Float64Array(untoldMax);
  #count = 0;

  constructor(metric: Histogram, labels: Record<string, string>) {
    this.#metric = metric;
    this.#labels = labels;
    this.#plain = metric.labels(labels);
  }

  /** A value that names its trace is told at once: it is rare, and its exemplar must be the last of its bucket. */
  observe(value: number, traceId?: string): void {
    if (traceId !== undefined) {
      this.#metric.observe({ labels: this.#labels, value, exemplarLabels: { trace_id: traceId } });
      return;
    }
    this.#untold[this.#count++] = value;
    if (this.#count === untoldMax) this.handOver();
  }

  handOver(): void {
    const count = this.#count;
    this.#count = 0;
    for (let i = 0; i < count; i++) this.#plain.observe(this.#untold[i] ?? 0);
  }
}

/** Tells the library all that a metric's series have gathered. */
export function handOver(series: ReadonlyMap<string, Gathered>): void {
  for (const one of series.values()) one.handOver();
}
