import { LatencyHistogram } from "../policy/histogram.ts";
import { type LatencyTracker, type LatencyViewName, latencyViewNames } from "../policy/latency-window.ts";
import { metricTable } from "../telemetry/metric-table.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { replicasShownMax } from "../telemetry/root-metrics.ts";
import { coverageBands } from "./answer-tally.ts";
import type { SeenByRoot } from "./seen-by-root.ts";

const percentiles = ["50", "95", "99", "99.9"] as const;
const replicaPercentiles = ["50", "99"] as const;
const replicaView = "1m";

/** Shows what a root does and how fast, read when it is scraped: nothing is added to a query's way. */
export function showRoot(metrics: Metrics, root: SeenByRoot): void {
  showCounts(metrics, root);
  showAnswers(metrics, root);
  metrics.gauge("hedgerow_root_search_latency_seconds", function* () {
    const nowMs = root.clock.nowMs();
    for (const [part, tracker] of [
      ["whole", root.searches.took],
      ["queued", root.searches.queued],
    ] as const) {
      for (const window of latencyViewNames) {
        for (const { percentile, value } of percentilesOf(tracker, percentiles, { view: window, nowMs }))
          yield { labels: { part, window, percentile }, value };
      }
    }
  });
  metrics.gauge("hedgerow_root_replica_latency_seconds", function* () {
    const nowMs = root.clock.nowMs();
    let shown = 0;
    for (const { definition, shards } of root.catalog.all()) {
      for (const { health, leafTimes, leaf, shard } of shards.flatMap(({ feeds }) => feeds)) {
        // Quantiles of the rest cannot be summed up in one series.
        if (++shown > replicasShownMax) return;
        const parts = [
          ["whole", health.tracker],
          ["queued", leafTimes.queued],
          ["service", leafTimes.service],
        ] as const;
        const place = { index: definition.index, shard: String(shard), leaf: leaf.name };
        for (const [part, tracker] of parts) {
          if (tracker === undefined) continue;
          for (const { percentile, value } of percentilesOf(tracker, replicaPercentiles, { view: replicaView, nowMs }))
            yield { labels: { part, ...place, percentile }, value };
        }
      }
    }
  });
}

function showCounts(metrics: Metrics, { policy, admission, searches, clock }: SeenByRoot): void {
  const { counts } = policy;
  metrics.total("hedgerow_root_deadlines_total", () =>
    (["met", "missed"] as const).map((deadline) => ({ labels: { deadline }, value: searches.deadlines[deadline] })),
  );
  metrics.total("hedgerow_root_searches_total", () =>
    (["answered", "failed", "shed", "abandoned"] as const).map((end) => ({
      labels: { end },
      value: searches.ends[end],
    })),
  );
  metrics.total("hedgerow_root_attempts_total", () => {
    const { first, hedges, retries, shadows, canaries } = counts;
    const sent = [
      ["first", first],
      ["hedge", hedges],
      ["retry", retries],
      ["shadow", shadows],
      ["canary", canaries],
    ] as const;
    return sent.map(([purpose, value]) => ({ labels: { purpose }, value }));
  });
  metrics.total("hedgerow_root_hedges_won_total", () => [{ labels: {}, value: counts.hedgesWon }]);
  metrics.total("hedgerow_root_hedges_wasted_total", () => [{ labels: {}, value: counts.hedgesWasted }]);
  metrics.total("hedgerow_root_cancels_total", () => [{ labels: {}, value: counts.cancels }]);
  metrics.gauge("hedgerow_root_attempt_budget", () => [{ labels: {}, value: policy.budget.balance(clock.nowMs()) }]);
  metrics.total("hedgerow_root_attempts_denied_total", () => [{ labels: {}, value: counts.deniedByBudget }]);
  metrics.gauge("hedgerow_root_inflight", () => [{ labels: {}, value: admission.inflight }]);
  metrics.gauge("hedgerow_root_inflight_limit", () => [{ labels: {}, value: admission.limitNow }]);
}

function showAnswers(metrics: Metrics, { answers }: SeenByRoot): void {
  metrics.total("hedgerow_root_coverage_total", () =>
    coverageBands.map((coverage) => ({ labels: { coverage }, value: answers.coverage[coverage] })),
  );
  metrics.total("hedgerow_root_scatters_withdrawn_total", () => [{ labels: {}, value: answers.withdrawn }]);
  metrics.total("hedgerow_root_shards_total", () =>
    metricTable.hedgerow_root_shards_total.labels.outcome.map((outcome) => ({
      labels: { outcome },
      value: answers.shards[outcome],
    })),
  );
  metrics.total("hedgerow_root_attempt_errors_total", () =>
    metricTable.hedgerow_root_attempt_errors_total.labels.code.map((code) => ({
      labels: { code },
      value: answers.errors[code],
    })),
  );
}

/** One for all windows: a scrape merges dozens of them. */
const merged = new LatencyHistogram();

/** None of a window that holds nothing: a 0 would read as the best there can be. */
function percentilesOf<Percentile extends string>(
  tracker: LatencyTracker,
  wanted: readonly Percentile[],
  { view, nowMs }: { view: LatencyViewName; nowMs: number },
): { percentile: Percentile; value: number }[] {
  merged.clear();
  tracker.mergeInto(merged, view, nowMs);
  if (merged.count === 0) return [];
  return wanted.map((percentile) => ({ percentile, value: merged.quantileMs(Number(percentile) / 100) / 1000 }));
}
