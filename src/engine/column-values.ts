import { columnValue } from "../protocol/column-value.ts";
import { compareIds } from "../protocol/hit.ts";
import type { ColumnType } from "../protocol/settings.ts";

/** A document's value in one column; a list is ascending, without repetitions, and of at least two. */
export type CellValue = number | string | readonly string[] | null;

/** What a column keeps of a field: null where there is nothing, or nothing of the column's type. */
export function cellOf(value: unknown, type: ColumnType): CellValue {
  return type === "keyword" && Array.isArray(value) ? keywordsOf(value) : (columnValue(value, type) ?? null);
}

function keywordsOf(list: readonly unknown[]): CellValue {
  const distinct = new Set<string>();
  for (const item of list) if (typeof item === "string") distinct.add(item.toWellFormed());
  const [first, ...others] = [...distinct].sort(compareIds);
  return first === undefined ? null : others.length === 0 ? first : [first, ...others];
}
