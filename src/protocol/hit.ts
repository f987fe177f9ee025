import type { Explanation } from "./explanation.ts";

/** A value to sort by: what a column holds, or null where the document has none. Null sorts last both ways. */
export type SortValue = number | string | null;

/** The most bytes of UTF-8 that a document's id may have. */
export const idBytesMax = 512;

/**
 * What a leaf tells of a hit beside its rank, where it was asked for and there was time. `highlights`: for each field
 * that holds something that made the document match, its best fragments as HTML.
 */
export type HitDetails = { highlights?: Record<string, string[]>; explanation?: Explanation };

/** One ranked document, as a leaf reports it and as the root merges it. `sort` stands where `sort` was asked for. */
export type Hit = { id: string; score: number; sort?: readonly SortValue[] } & HitDetails;

/** What of a hit its rank depends on. */
export type Ranked = { id: string; score: number; sort?: readonly SortValue[] | undefined };

/** The order of ids everywhere: by UTF-16 code units, as JavaScript compares strings. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order of two values of one field. What a shard leaves out of a facet comes after what it lists by this. */
export function compareValues(a: number | string, b: number | string): number {
  return typeof a === "number" && typeof b === "number" ? a - b : compareIds(String(a), String(b));
}

/**
 * The ranking order: score descending, then id ascending. A total order as long as ids are unique, so every layout
 * ranks alike. Negative: `a` comes first.
 */
export function compareHits(a: Ranked, b: Ranked): number {
  return a.score !== b.score ? b.score - a.score : compareIds(a.id, b.id);
}

/** The order of hits that carry a sort value for each key: by these, then by id. Without keys: by score. */
export function hitComparator(keys: readonly { descending: boolean }[] | undefined): (a: Ranked, b: Ranked) => number {
  if (keys === undefined) return compareHits;
  return (a, b) => {
    for (let i = 0; i < keys.length; i++) {
      const order = compareSortValues(a.sort?.[i] ?? null, b.sort?.[i] ?? null, keys[i]?.descending ?? false);
      if (order !== 0) return order;
    }
    return compareIds(a.id, b.id);
  };
}

function compareSortValues(a: SortValue, b: SortValue, descending: boolean): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b === descending ? 1 : -1;
}
