import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObject,
  openMetricsContentType,
  prometheusContentType,
  Registry,
  type RegistryContentType,
} from "prom-client";
import { type Clock, sleep, systemClock } from "../time.ts";
import { wantsOpenMetrics } from "./accept.ts";
import { GatheredCount, GatheredDistribution, handOver } from "./gathered-series.ts";
import { type LabelsOf, type MetricName, type MetricRow, metricTable, type NameOf } from "./metric-table.ts";

/** One series of a counter; get it once and keep it. */
export type Count = { inc(by?: number): void };
/**
 * One series of a histogram; get it once and keep it. Takes the metric's unit: seconds. A trace that is named becomes the
 * exemplar of its bucket; name only one that is kept, or nobody will find it.
 */
export type Distribution = { observe(value: number, traceId?: string): void };
/** All metrics as they are sent. */
export type Exposition = { contentType: string; text: string };
/** One value of a gauge as it is read. */
export type Reading<Name extends MetricName> = { labels: LabelsOf<Name>; value: number };

/** The metrics of one process. Names and labels are those of the one table. */
export type Metrics = {
  counter<Name extends NameOf<"counter">>(name: Name, labels: LabelsOf<Name>): Count;
  histogram<Name extends NameOf<"histogram">>(name: Name, labels: LabelsOf<Name>): Distribution;
  /** Reads a counter that is kept elsewhere, at every scrape; once per name. */
  total<Name extends NameOf<"counter">>(name: Name, read: () => Iterable<Reading<Name>>): void;
  /** Reads a gauge whenever the metrics are scraped; once per name. */
  gauge<Name extends NameOf<"gauge">>(name: Name, read: () => Iterable<Reading<Name>>): void;
  /**
   * Prometheus' text format, or OpenMetrics, with exemplars, where the scraper's `accept` header prefers it. One scrape
   * is written at a time, in slices.
   */
  scrape(accept?: string): Promise<Exposition>;
};

/** Series of one metric; what would be one more is counted under `other`, so that no caller's names fill the memory. */
const seriesMax = 500;
const overflow = "other";

/** From a tenth of a millisecond to the longest budget, some three to a decade. */
const secondsBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
];

/**
 * Metrics of a process. Recording into a series takes some nanoseconds; finding it takes longer, so keep it. `runtime`: also
 * show the runtime's own (memory, event-loop delay, garbage collection).
 */
export function createMetrics({ runtime, clock = systemClock }: { runtime: boolean; clock?: Clock }): Metrics {
  const registry = new Registry<RegistryContentType>();
  // Only so may histograms hold exemplars; what is sent is decided by each scrape.
  registry.setContentType(openMetricsContentType);
  const counters = new Map<MetricName, Series<Counter, GatheredCount>>();
  const histograms = new Map<MetricName, Series<Histogram, GatheredDistribution>>();
  let last: Promise<void> = Promise.resolve();
  if (runtime) collectDefaultMetrics({ register: registry });

  return {
    counter(name, labels) {
      let series = counters.get(name);
      if (series === undefined) {
        const known = new Map<string, GatheredCount>();
        const metric = new Counter({ ...describe(name), registers: [registry], collect: () => handOver(known) });
        series = { metric, known };
        counters.set(name, series);
      }
      return seriesOf(series, labels, (metric, own) => {
        metric.inc(own, 0);
        return new GatheredCount(metric.labels(own));
      });
    },
    histogram(name, labels) {
      let series = histograms.get(name);
      if (series === undefined) {
        const known = new Map<string, GatheredDistribution>();
        const settings = { buckets: secondsBuckets, registers: [registry], enableExemplars: true };
        const metric = new Histogram({ ...describe(name), ...settings, collect: () => handOver(known) });
        series = { metric, known };
        histograms.set(name, series);
      }
      return seriesOf(series, labels, (metric, own) => {
        metric.zero(own);
        return new GatheredDistribution(metric, own);
      });
    },
    total(name, read) {
      new Counter({
        ...describe(name),
        registers: [registry],
        collect() {
          this.reset();
          for (const { labels, value } of read()) this.inc(asText(labels), value);
        },
      });
    },
    gauge(name, read) {
      const { beyond }: MetricRow = metricTable[name];
      new Gauge({
        ...describe(name),
        registers: [registry],
        collect() {
          this.reset();
          let series = 0;
          let largest = Number.NEGATIVE_INFINITY;
          for (const { labels, value } of read()) {
            largest = ++series > seriesMax ? Math.max(largest, value) : largest;
            if (series <= seriesMax) this.inc(asText(labels), value);
            else if (beyond === undefined) this.inc(overflowing(labels), value);
            else if (beyond === "largest") this.set(overflowing(labels), largest);
          }
        },
      });
    },
    scrape(accept) {
      const contentType = wantsOpenMetrics(accept) ? openMetricsContentType : prometheusContentType;
      const exposition = last.then(() => expose(registry, { contentType, clock }));
      last = exposition.then(
        () => undefined,
        () => undefined,
      );
      return exposition;
    },
  };
}

/**
 * Writing all of it takes some milliseconds, which no search should have to wait. All processes of a machine are scraped
 * at about the same time, so between slices the processor is left alone too.
 */
const sliceMs = 0.3;
const restMs = 10;

/** Writes a registry out, a metric at a time, with rests in between. */
async function expose(
  registry: Registry<RegistryContentType>,
  { contentType, clock }: { contentType: RegistryContentType; clock: Clock },
): Promise<Exposition> {
  const isOpenMetrics = contentType === openMetricsContentType;
  const parts: string[] = [];
  let sliceEndsMs = clock.nowMs() + sliceMs;
  for (const metric of registry.getMetricsAsArray()) {
    parts.push(await written(registry, metric, contentType));
    if (clock.nowMs() < sliceEndsMs) continue;
    await sleep(restMs);
    sliceEndsMs = clock.nowMs() + sliceMs;
  }
  return { contentType, text: isOpenMetrics ? `${parts.join("\n")}\n# EOF\n` : `${parts.join("\n\n")}\n` };
}

/**
 * One metric in a format. The library keeps the format as the registry's state, and OpenMetrics takes the counters'
 * ending off their very names; both are set back, so two of these must not run at a time.
 */
async function written(
  registry: Registry<RegistryContentType>,
  metric: MetricObject,
  contentType: RegistryContentType,
): Promise<string> {
  const { name } = metric;
  if (contentType === openMetricsContentType && metric instanceof Counter) metric.name = name.replace(/_total$/, "");
  registry.setContentType(contentType);
  try {
    return await registry.getSingleMetricAsString(name);
  } finally {
    metric.name = name;
    registry.setContentType(openMetricsContentType);
  }
}

type Series<Metric, Child> = { metric: Metric; known: Map<string, Child> };

function describe(name: MetricName): { name: string; help: string; labelNames: string[] } {
  const { help, labels } = metricTable[name];
  return { name, help, labelNames: Object.keys(labels) };
}

/** The series with these labels, made on first sight; the one of `other` when it would be one too many. */
function seriesOf<Metric, Child>(
  { metric, known }: Series<Metric, Child>,
  labels: object,
  make: (metric: Metric, labels: Record<string, string>) => Child,
): Child {
  const key = Object.values(labels).join("\n");
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= seriesMax && !isOverflow(labels)) {
    return seriesOf({ metric, known }, overflowing(labels), make);
  }
  const child = make(metric, asText(labels));
  known.set(key, child);
  return child;
}

function overflowing(labels: object): Record<string, string> {
  return Object.fromEntries(Object.keys(labels).map((label) => [label, overflow]));
}

function isOverflow(labels: object): boolean {
  return Object.values(labels).every((value) => value === overflow);
}

function asText(labels: object): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, String(value)]));
}
