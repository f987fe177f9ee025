import { asBuffer } from "../protocol/bytes.ts";
import { FrameError } from "../protocol/frames.ts";
import type { Plan, PlanClause } from "../protocol/plan.ts";
import { type ClauseExtras, type PlanExtras, type PlanOpening, readPlanParts } from "../protocol/plan-payload.ts";
import { checkExtras, checkOpening, type PlanReading, partsMisfit, planSizeBytesMax, unfit } from "./plan-check.ts";

/** How a plan begins, and what that says. */
type Opening = { bytes: Buffer; of: PlanOpening };

/** Reads a plan as it came over the network. Whatever the bytes are, this is quick and throws nothing. */
export function readPlan(bytes: Uint8Array): PlanReading {
  return rememberPlans()(bytes);
}

/**
 * Reads plans as `readPlan` does. The same one is read only once in a row, since a leaf that holds several shards gets it
 * for each of them; of one that begins like the last the beginning is not parsed again.
 */
export function rememberPlans(): typeof readPlan {
  let last: { bytes: Buffer; reading: PlanReading } | undefined;
  let opening: Opening | undefined;

  const read = (bytes: Buffer): PlanReading => {
    if (bytes.length > planSizeBytesMax) return unfit(`it is larger than ${planSizeBytesMax} bytes`);
    const parts = readPlanParts(bytes);
    const { opening: begins, extras, clauses, matchAtLeast, top, trace } = parts;
    if (opening === undefined || !opening.bytes.equals(begins)) {
      const checked = checkOpening(JSON.parse(begins.toString()));
      if (checked.kind === "unfit") return checked;
      // A copy, so that all else that came with this plan may go.
      opening = { bytes: Buffer.from(begins), of: checked.opening };
    }
    const wrong = partsMisfit(parts);
    if (wrong !== undefined) return unfit(`${wrong} does not fit`);
    const { index, incarnation, epoch, bm25, fieldBoosts, averageLengths } = opening.of;
    const begun = { index, incarnation, epoch, bm25, fieldBoosts, averageLengths };
    const plan: Plan = { ...begun, clauses, matchAtLeast, top };
    if (trace !== "") plan.trace = trace;
    if (extras.length === 0) return { kind: "plan", plan };
    const checked = checkExtras(JSON.parse(extras.toString()), clauses.length);
    return checked.kind === "unfit" ? checked : { kind: "plan", plan: withExtras(plan, checked.extras) };
  };

  return (given) => {
    const bytes = asBuffer(given);
    if (last?.bytes.equals(bytes) !== true) last = { bytes, reading: tried(() => read(bytes)) };
    return last.reading;
  };
}

function tried(read: () => PlanReading): PlanReading {
  try {
    return read();
  } catch (error) {
    return unfit(error instanceof FrameError ? error.message : "it is not JSON where it should be");
  }
}

/** A plan that asks for more than words. What its bytes say of anything else stays out. */
function withExtras(plan: Plan, extras: PlanExtras): Plan {
  const { clauses, filter, facets, sort, after, returned, highlight, explain, profile } = extras;
  return {
    ...plan,
    ...(clauses === undefined
      ? {}
      : { clauses: plan.clauses.map((clause, i) => withClauseExtras(clause, clauses[i])) }),
    ...(filter === undefined ? {} : { filter }),
    ...(facets === undefined ? {} : { facets }),
    ...(sort === undefined ? {} : { sort }),
    ...(after === undefined ? {} : { after }),
    ...(returned === undefined ? {} : { returned }),
    ...(highlight === undefined ? {} : { highlight }),
    ...(explain === undefined ? {} : { explain }),
    ...(profile === undefined ? {} : { profile }),
  };
}

function withClauseExtras(clause: PlanClause, { fieldBoosts, phrase }: ClauseExtras = {}): PlanClause {
  return {
    ...clause,
    ...(fieldBoosts === undefined ? {} : { fieldBoosts }),
    ...(phrase === undefined ? {} : { phrase }),
  };
}
