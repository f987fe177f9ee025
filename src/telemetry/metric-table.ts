import { leafMetrics } from "./leaf-metrics.ts";
import type { MetricRow } from "./metric-row.ts";
import { rootMetrics } from "./root-metrics.ts";

export type { MetricRow } from "./metric-row.ts";

/**
 * Every metric there is beside the runtime's own, once. Units are Prometheus' base units: seconds and bytes. Counters
 * of a process start at zero with it.
 */
export const metricTable = {
  hedgerow_http_requests_total: {
    kind: "counter",
    role: "both",
    help: "HTTP requests that are over, by route and status; of those whose callers hung up, the one that they would have had.",
    labels: { route: "bounded", status: "bounded" },
  },
  hedgerow_http_request_seconds: {
    kind: "histogram",
    role: "both",
    help: "Time from an HTTP request's head to its answer's end.",
    labels: { route: "bounded" },
  },
  hedgerow_http_callers_given_up_total: {
    kind: "counter",
    role: "both",
    help: "Connections that were closed as their callers sent a body or took an answer too slowly, or as too much waited to be taken.",
    labels: { cause: ["slow_body", "slow_answer", "crowded"] },
  },
  ...leafMetrics,
  ...rootMetrics,
} as const satisfies Record<string, MetricRow>;

export type MetricTable = typeof metricTable;
export type MetricName = keyof MetricTable;

/** The names of one kind. */
export type NameOf<Kind extends MetricRow["kind"]> = {
  [Name in MetricName]: MetricTable[Name]["kind"] extends Kind ? Name : never;
}[MetricName];

/** A value for each of a metric's labels. */
export type LabelsOf<Name extends MetricName> = {
  [Label in keyof MetricTable[Name]["labels"]]: MetricTable[Name]["labels"][Label] extends readonly (infer Value)[]
    ? Value
    : string;
};
