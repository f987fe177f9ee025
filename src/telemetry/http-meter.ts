import type { LabelsOf } from "./metric-table.ts";
import type { Count, Distribution, Metrics } from "./metrics.ts";

/** Counts and times an HTTP request that is over; `route` undefined: there is none of that address, or none was read. */
export type RequestMeter = (route: string | undefined, status: number, tookMs: number) => void;

/** Requests by their route, never by their address, which could be anything. Each series is looked up once. */
export function meterRequests(metrics: Metrics): RequestMeter {
  const seconds = new Map<string, Distribution>();
  const counts = new Map<string, Map<number, Count>>();
  const count = (route: string, status: number): Count =>
    kept(
      kept(counts, route, () => new Map<number, Count>()),
      status,
      () => metrics.counter("hedgerow_http_requests_total", { route, status: String(status) }),
    );
  const duration = (route: string): Distribution =>
    kept(seconds, route, () => metrics.histogram("hedgerow_http_request_seconds", { route }));
  // Shown from zero on, by the one route that everybody who looks has taken.
  count("/metrics", 200);
  duration("/metrics");
  return (found, status, tookMs) => {
    const route = found ?? "none";
    count(route, status).inc();
    duration(route).observe(tookMs / 1000);
  };
}

type GivenUpCause = LabelsOf<"hedgerow_http_callers_given_up_total">["cause"];

/** Counts connections that are closed on callers that are too slow, each cause shown from zero on. */
export function meterGivenUp(metrics: Metrics): (cause: GivenUpCause) => void {
  const counter = (cause: GivenUpCause): Count => metrics.counter("hedgerow_http_callers_given_up_total", { cause });
  const counts: Record<GivenUpCause, Count> = {
    slow_body: counter("slow_body"),
    slow_answer: counter("slow_answer"),
    crowded: counter("crowded"),
  };
  return (cause) => counts[cause].inc();
}

function kept<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
