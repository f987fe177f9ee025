import type { Hit } from "../protocol/hit.ts";
import type { Plan } from "../protocol/plan.ts";
import type { ShardAnswer } from "./merge.ts";
import type { ScatterResult } from "./scatter.ts";

/**
 * Whether a hit stands whatever the missing shards hold. A document's score for a clause is below its best term's
 * weight, because BM25's saturation stays below one; so a hit that reaches the sum of those weights cannot be beaten.
 * Hits of a truncated shard may themselves still rise, and are never settled while others are missing.
 */
export function isSettledBy(plan: Plan, { reports }: ScatterResult): (hit: Hit, answer: ShardAnswer) => boolean {
  if (reports.every(({ outcome }) => outcome === "complete")) return () => true;
  // Nothing is known of what the missing documents hold in columns.
  if (plan.sort !== undefined) return () => false;
  const bound = scoreBound(plan);
  return (hit, { reply }) => reply.outcome === "complete" && hit.score > 0 && hit.score >= bound;
}

/** No document scores as much as this. */
function scoreBound(plan: Plan): number {
  let bound = 0;
  for (const clause of plan.clauses) {
    if (clause.occur === "excluded") continue;
    if (clause.phrase !== undefined) for (const { weight } of clause.terms) bound += weight;
    else bound += clause.terms.reduce((best, { weight }) => Math.max(best, weight), 0);
  }
  return bound;
}
