/**
 * How long to wait for the shards that are still missing, once the caller's `minCoverage` is in: between nothing and
 * all of the remaining time, in proportion to what is missing of what may be missing (the slope of Vespa's adaptive
 * timeout). `remainingMs` is what was left when the minimum came in; the answer counts from that instant. With
 * `minCoverage` 0 or 1 there is no slope: all of the remaining time.
 */
export function coverageWaitMs(coverage: number, minCoverage: number, remainingMs: number): number {
  if (minCoverage <= 0 || minCoverage >= 1) return remainingMs;
  const missingShare = Math.min(1, Math.max(0, (1 - coverage) / (1 - minCoverage)));
  return remainingMs * missingShare;
}

/**
 * One shard's part of a search. `documents` of `documentsTotal` were searched; where the total is not certain it is what
 * was last heard, and none were.
 */
export type ShardShare = {
  readonly documents: number;
  readonly documentsTotal: number;
  readonly totalCertain: boolean;
};

/**
 * The share of an index's documents that was searched. Documents are spread by a hash, so a shard of which not all is
 * known is taken to be as large as the mean of those that are, or as it was last heard to be, and never to be empty: the
 * share is 1 only where all that is missing is known to be empty. It is 0 where nothing was searched of an index that may
 * hold something, and never falls by an answer that is complete.
 */
export function coverageOf(shards: readonly ShardShare[]): number {
  let [searched, certain, certainShards] = [0, 0, 0];
  for (const { documents, documentsTotal, totalCertain } of shards) {
    if (!totalCertain) continue;
    searched += documents;
    certain += documentsTotal;
    certainShards++;
  }
  const least = Math.max(1, certainShards === 0 ? 0 : certain / certainShards);
  let all = certain;
  for (const { documentsTotal, totalCertain } of shards) if (!totalCertain) all += Math.max(least, documentsTotal);
  return all === 0 ? 1 : searched / all;
}
