import { readPlan } from "./plan-memory.ts";
import type { SearchFault } from "./search.ts";

/** What a line of the log says of a search that fell over, and in which trace, as far as its plan can be read. */
export function faultLine({ error, cause, search }: SearchFault): Record<string, unknown> {
  const reading = readPlan(search.plan);
  const { shard } = search;
  const about = { shard, code: error.code, detail: error.detail, err: cause };
  if (reading.kind !== "plan") return about;
  const { index, trace } = reading.plan;
  // traceparent: version, trace, span, flags.
  const traceId = trace?.split("-")[1];
  return { ...(traceId === undefined ? {} : { traceId }), index, ...about };
}
