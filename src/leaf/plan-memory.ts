import { checkPlan, type PlanReading, planSizeBytesMax, readPlan } from "./plan-check.ts";

/** How a plan begins: whole members of its JSON, without the comma behind them. */
type Opening = { bytes: Buffer; members: object };

/** Roots write first what all plans of an index have in common while its statistics stand: half of their bytes. */
const afterOpening = ',"clauses":';
const comma = 0x2c;

/**
 * Reads plans as `readPlan` does. The same one is read only once in a row, since a leaf that holds several shards gets it
 * for each of them; of one that begins like the last the beginning is not parsed again.
 */
export function rememberPlans(): typeof readPlan {
  let lastBytes: Buffer = Buffer.alloc(0);
  let last = readPlan(lastBytes);
  let opening: Opening | undefined;
  return (given) => {
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
    if (bytes.equals(lastBytes)) return last;
    lastBytes = bytes;
    const reading = opening && readBehind(opening, bytes);
    if (reading !== undefined) {
      last = reading;
      return last;
    }
    last = readPlan(bytes);
    if (last.kind === "plan") opening = openingOf(bytes) ?? opening;
    return last;
  };
}

/** Undefined where a plan begins otherwise, or is not one. */
function readBehind({ bytes: known, members }: Opening, bytes: Buffer): PlanReading | undefined {
  const at = known.length;
  if (bytes.length > planSizeBytesMax || bytes.length <= at || bytes[at] !== comma) return undefined;
  if (known.compare(bytes, 0, at) !== 0) return undefined;
  try {
    const rest: unknown = JSON.parse(`{${bytes.toString("utf8", at + 1)}`);
    return typeof rest === "object" ? checkPlan({ ...members, ...rest }) : undefined;
  } catch {
    return undefined;
  }
}

/** Where the place was found inside of something, what stands before it is no object by itself. */
function openingOf(plan: Buffer): Opening | undefined {
  const end = plan.indexOf(afterOpening);
  if (end < 0) return undefined;
  try {
    const members: unknown = JSON.parse(`${plan.toString("utf8", 0, end)}}`);
    if (typeof members !== "object" || members === null) return undefined;
    // A copy, so that all else that came with this plan may go.
    return { bytes: Buffer.from(plan.subarray(0, end)), members };
  } catch {
    return undefined;
  }
}
