import type { Hit } from "../protocol/hit.ts";
import type { Plan } from "../protocol/plan.ts";
import type { GlobalStatistics } from "../query/statistics.ts";
import type { ShardReport } from "./gather.ts";
import { scoreBound } from "./score-bound.ts";

/** What is known of an index beside a search's answers. */
export type KnownIndex = {
  statistics: Pick<GlobalStatistics, "saturationBound">;
  /** Whether the statistics tell of every document that a shard's replicas may hold. */
  isKnown(shard: number): boolean;
};

/**
 * Whether a hit stands whatever is missing: the shards that did not answer, and what the truncated ones left out. Every
 * hit that came has its whole score, so one that scores more than anything missing can cannot be displaced, as long as
 * all above it are settled too. The bound comes from what each shard has told of its terms; where a shard may hold more
 * than that, from BM25's saturation, which stays below one.
 */
export function isSettledBy(
  plan: Plan,
  { reports }: { reports: readonly Pick<ShardReport, "outcome">[] },
  index: KnownIndex,
): (hit: Hit) => boolean {
  if (reports.every(({ outcome }) => outcome === "complete")) return () => true;
  // Nothing is known of what the missing documents hold in columns.
  if (plan.sort !== undefined) return () => false;
  let bound = 0;
  reports.forEach(({ outcome }, shard) => {
    if (outcome !== "complete") bound = Math.max(bound, shardBound(plan, shard, index));
  });
  return ({ score }) => score > bound;
}

function shardBound(plan: Plan, shard: number, { statistics, isKnown }: KnownIndex): number {
  if (!isKnown(shard)) return scoreBound(plan, () => 1);
  const { bm25, averageLengths } = plan;
  return scoreBound(plan, (term, boosts) => statistics.saturationBound(shard, term, { bm25, boosts, averageLengths }));
}
