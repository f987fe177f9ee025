import type { Hit } from "../protocol/hit.ts";
import type { ShardReply } from "../protocol/link.ts";
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

/** What a search came to: every shard's outcome, and what those sent that answered. */
export type CameIn = {
  reports: readonly Pick<ShardReport, "outcome">[];
  answers: readonly { shard: number; reply: ShardFindings }[];
};
type ShardFindings = Pick<ShardReply, "documents" | "documentsTotal" | "total" | "totalExact"> & {
  hits: { readonly length: number };
};

/**
 * Whether a hit stands whatever is missing: the shards that did not answer, and what the truncated ones left out. Every
 * hit that came has its whole score, so one that scores more than anything missing can cannot be displaced, as long as
 * all above it are settled too. The bound comes from what each shard has told of its terms; where a shard may hold more
 * than that, from BM25's saturation, which stays below one. A truncated shard that lacks no hit, but only facets' counts,
 * leaves nothing out.
 */
export function isSettledBy(plan: Plan, { reports, answers }: CameIn, index: KnownIndex): (hit: Hit) => boolean {
  const whole = new Set<number>();
  for (const { shard, reply } of answers) if (holdsAllHits(reply, plan)) whole.add(shard);
  const lacking = reports.flatMap(({ outcome }, shard) => (outcome === "complete" || whole.has(shard) ? [] : [shard]));
  if (lacking.length === 0) return () => true;
  // Nothing is known of what the missing documents hold in columns.
  if (plan.sort !== undefined) return () => false;
  let bound = 0;
  for (const shard of lacking) bound = Math.max(bound, shardBound(plan, shard, index));
  return ({ score }) => score > bound;
}

/** Behind a cursor some of what matches is not a hit: there only a full page tells. */
function holdsAllHits({ documents, documentsTotal, total, totalExact, hits }: ShardFindings, plan: Plan): boolean {
  const isScanned = totalExact && documents === documentsTotal;
  return isScanned && hits.length >= (plan.after === undefined ? Math.min(plan.top, total) : plan.top);
}

function shardBound(plan: Plan, shard: number, { statistics, isKnown }: KnownIndex): number {
  if (!isKnown(shard)) return scoreBound(plan, () => 1);
  const { bm25, averageLengths } = plan;
  return scoreBound(plan, (term, boosts) => statistics.saturationBound(shard, term, { bm25, boosts, averageLengths }));
}
