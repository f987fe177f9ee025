import type { SortValue } from "./hit.ts";

/** What the checks of all that comes over a network, or back from a disk, are made of. Each takes one value alone. */

export function isString(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a value is a number that can be counted with. */
export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

export function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function isCountUpTo(value: unknown, countMax: number): value is number {
  return isCount(value) && value <= countMax;
}

export function isListOf<Item>(
  value: unknown,
  fits: (item: unknown) => item is Item,
  lengthMax: number = Number.POSITIVE_INFINITY,
): value is Item[] {
  return Array.isArray(value) && value.length <= lengthMax && value.every(fits);
}

/** Whether a value is what a column may hold, as filters and facets name it. */
export function isColumnValue(value: unknown): value is string | number {
  return typeof value === "string" || Number.isFinite(value);
}

/** Whether a value is what a hit may be sorted by; null where the document has none. */
export function isSortValue(value: unknown): value is SortValue {
  return value === null || isColumnValue(value);
}
