import { isColumnValue, isCount, isListOf, isSortValue } from "./checks.ts";
import type { ShardFacet } from "./link.ts";
import { isRecord } from "./record.ts";

/** Whether what a reply says of facets, if anything, is of the form that is promised. */
export function facetsFit(facets: unknown): boolean {
  return facets === undefined || isListOf(facets, isShardFacet);
}

/** Whether what a hit was sorted by, if anything, is of the form that is promised. */
export function sortFits(sort: unknown): boolean {
  return sort === undefined || isListOf(sort, isSortValue);
}

function isShardFacet(facet: unknown): facet is ShardFacet {
  return (
    isRecord(facet) && [facet.missing, facet.rest, facet.error].every(isCount) && isListOf(facet.values, isValueCount)
  );
}

function isValueCount(entry: unknown): entry is ShardFacet["values"][number] {
  return Array.isArray(entry) && isColumnValue(entry[0]) && isCount(entry[1]);
}
