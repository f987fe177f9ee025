/** How far a root has followed one replica's statistics. A replica that starts anew has another `journal`. */
export type StatisticsCursor = { journal: string; version: number };

/** No term begins with it: terms hold letters, numbers and signs. */
export const wordMark = "\u0000";

/**
 * What changed in one shard's term statistics since a cursor. Only live documents count: a tombstone takes its
 * document's terms and lengths out at once, so that the sums never depend on when segments are merged.
 */
export type StatisticsDelta = {
  cursor: StatisticsCursor;
  /** Forget everything known of this shard first: `counts` then starts from nothing. */
  reset: boolean;
  /** More pages follow from `cursor`; nothing may be published before the last one. */
  more: boolean;
  /** The last change of the log that the totals below include. */
  sequence: number;
  /** Totals, not differences. `lengths` has one sum per text field, in index order. */
  documents: number;
  lengths: readonly number[];
  /**
   * Differences of document frequency: `counts[i]` is added to that of `terms[i]`. A term that begins with `wordMark` is
   * none: behind the mark stands a word as the documents hold it, folded but not stemmed, which is counted likewise.
   */
  terms: readonly string[];
  counts: readonly number[];
  /**
   * For each term the place in `limitRows` of what bounds its worth in the documents that were added, whatever the
   * weights: -1 where no document was added; empty where none was for any term. A row has for each text field how often a
   * document holds the term there at most, then for each text field how long that field of such a document is at least.
   * Bounds only widen until a reset.
   */
  limits: readonly number[];
  limitRows: readonly (readonly number[])[];
};
