import { qualityOf, readAccepted } from "../protocol/accepted.ts";

const openMetrics = "application/openmetrics-text";
/** From what says most of it to what says least. */
const plainRanges = ["text/plain", "text/*", "*/*"];

/**
 * Whether an `Accept` header wants OpenMetrics: names it, and likes it no less than Prometheus' own text. A range such as
 * `*\/*` does not name it. (RFC 9110, section 12.5.1; of a type that stands there in several versions the best counts.)
 */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  const ranges = readAccepted(accept);
  const liked = qualityOf(ranges, openMetrics) ?? 0;
  const plain = plainRanges.map((type) => qualityOf(ranges, type)).find((quality) => quality !== undefined) ?? 0;
  return liked > 0 && liked >= plain;
}
