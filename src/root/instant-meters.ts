import type { Metrics } from "../telemetry/metrics.ts";
import type { InstantAnswers } from "./instant-answers.ts";

const sources = ["cache", "shared", "scatter"] as const;

/** Shows where answers came from and what is kept of them, read when it is scraped. */
export function showInstantAnswers(metrics: Metrics, instant: InstantAnswers): void {
  metrics.total("hedgerow_root_answers_total", () =>
    sources.map((source) => ({ labels: { source }, value: instant.counts[source] })),
  );
  metrics.gauge("hedgerow_root_cache_bytes", () => [{ labels: {}, value: instant.cacheBytes }]);
}
