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

/** The share of an index that was searched. An index without documents is covered whatever happens. */
export function coverageOf(searchedDocuments: number, allDocuments: number): number {
  return allDocuments === 0 ? 1 : searchedDocuments / allDocuments;
}
