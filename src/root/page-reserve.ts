/** What reading one hit of one shard's reply costs a root, its document and its share of the merge included. */
const hitMs = 0.0015;
const budgetShareMax = 0.5;

/**
 * What of a query's budget a root keeps for taking large replies apart, beside what merging takes anyway: every shard
 * may send `top` hits, and the last of them may come at the last moment. Nothing to speak of for a page of ten.
 */
export function pageReserveMs({ top, shards, budgetMs }: { top: number; shards: number; budgetMs: number }): number {
  return Math.min(budgetMs * budgetShareMax, top * shards * hitMs);
}
