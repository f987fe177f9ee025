const openMetrics = "application/openmetrics-text";
/** From what says most of it to what says least. */
const plainRanges = ["text/plain", "text/*", "*/*"];

type MediaRange = { type: string; quality: number };

/**
 * Whether an `Accept` header wants OpenMetrics: names it, and likes it no less than Prometheus' own text. A range such as
 * `*\/*` does not name it. (RFC 9110, section 12.5.1; of a type that stands there in several versions the best counts.)
 */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  const ranges = (accept ?? "").split(",").map(readRange);
  const liked = qualityOf(ranges, openMetrics) ?? 0;
  const plain = plainRanges.map((type) => qualityOf(ranges, type)).find((quality) => quality !== undefined) ?? 0;
  return liked > 0 && liked >= plain;
}

function readRange(text: string): MediaRange {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  const quality = weight === undefined ? 1 : Number(weight.slice("q=".length));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

function qualityOf(ranges: readonly MediaRange[], type: string): number | undefined {
  const qualities = ranges.filter((range) => range.type === type).map(({ quality }) => quality);
  return qualities.length === 0 ? undefined : Math.max(...qualities);
}
