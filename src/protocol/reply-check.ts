import { isRecord } from "./record.ts";
/** Whether what a reply says of facets, if anything, is of the form that is promised. */
export function facetsFit(facets: unknown): boolean {
  return facets === undefined || isListOf(facets, isShardFacet);
}

/** Whether what a hit was sorted by, if anything, is of the form that is promised. */
export function sortFits(sort: unknown): boolean {
  return sort === undefined || isListOf(sort, isSortValue);
}

function isShardFacet(facet: unknown): boolean {
  return (
    isRecord(facet) &&
    [facet.missing, facet.rest, facet.error].every(isCount) &&
    isListOf(facet.values, (entry) => Array.isArray(entry) && isColumnValue(entry[0]) && isCount(entry[1]))
  );
}

function isColumnValue(value: unknown): boolean {
  return typeof value === "string" || Number.isFinite(value);
}

function isSortValue(value: unknown): boolean {
  return value === null || isColumnValue(value);
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

function isListOf(value: unknown, fits: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(fits);
}
