import { type MetricRow, metricTable } from "./metric-table.ts";

/** What of the runtime's own metrics says something of a search service. Shown by root and leaf alike. */
export const runtimeMetrics = {
  nodejs_eventloop_lag_seconds: "How long a turn of the event loop takes right now.",
  nodejs_eventloop_lag_p99_seconds:
    "How long a timer of 10 ms takes, the 99th percentile since the last scrape: what is above 0.01 is how late it fires.",
  nodejs_eventloop_lag_max_seconds: "The same, at its worst since the last scrape.",
  nodejs_gc_duration_seconds: "Pauses for garbage collection, by kind.",
  nodejs_heap_size_used_bytes: "Heap in use.",
  nodejs_external_memory_bytes: "Memory outside the heap: segments and buffers.",
  process_cpu_seconds_total: "Processor time.",
  process_resident_memory_bytes: "Resident memory.",
  process_start_time_seconds: "When the process started.",
} as const;

const roles = [
  ["root", "A root"],
  ["leaf", "A leaf"],
  ["both", "Both"],
] as const;

/** The page of all metrics, in Markdown: what `deploy/METRICS.md` holds. */
export function metricPage(): string {
  const rows = Object.entries<MetricRow>(metricTable);
  const parts = roles.map(([role, title]) => {
    const own = rows.filter(([, row]) => row.role === role).map(([name, row]) => line(name, row));
    return `## ${title}\n\n| metric | kind | labels | |\n|---|---|---|---|\n${own.join("\n")}\n`;
  });
  const runtime = Object.entries(runtimeMetrics).map(([name, help]) => `| \`${name}\` | ${help} |`);
  return [
    "# Metrics",
    "",
    "`GET /metrics` of every root and leaf, in Prometheus' text format, or as OpenMetrics with exemplars where the scraper",
    "accepts `application/openmetrics-text`. Times are in seconds, sizes in bytes. A label whose values are not listed names",
    "something of the cluster; what would be more than 500 series is shown together as one, `other`: as its sum, of times the",
    "largest, and of sequences not at all. This page is written by `npm run metrics-page`.",
    "",
    ...parts,
    "## The runtime's own\n\nThese, among others:\n",
    `| metric | |\n|---|---|\n${runtime.join("\n")}\n`,
  ].join("\n");
}

function line(name: string, { kind, labels, help }: MetricRow): string {
  const shown = Object.entries(labels).map(([label, values]) =>
    values === "bounded" ? `\`${label}\`` : `\`${label}\`: ${values.join(", ")}`,
  );
  return `| \`${name}\` | ${kind} | ${shown.join("; ")} | ${help} |`;
}
