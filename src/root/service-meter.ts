import type { Count, Distribution, Metrics } from "../telemetry/metrics.ts";

/** What is recorded as it happens, rather than read when it is scraped. */
export type ServiceMeter = { search: SearchMeter; append: AppendMeter };
export type SearchMeter = Record<"answered" | "failed", Distribution>;
export type AppendMeter = { acknowledged: Count; failed: Count; seconds: Distribution };

/** The series of a root's searches and writes, each looked up once. */
export function meterService(metrics: Metrics): ServiceMeter {
  return {
    search: {
      answered: metrics.histogram("hedgerow_root_search_seconds", { end: "answered" }),
      failed: metrics.histogram("hedgerow_root_search_seconds", { end: "failed" }),
    },
    append: {
      acknowledged: metrics.counter("hedgerow_root_appends_total", { outcome: "acknowledged" }),
      failed: metrics.counter("hedgerow_root_appends_total", { outcome: "failed" }),
      seconds: metrics.histogram("hedgerow_root_append_seconds", {}),
    },
  };
}
