import { compareIds } from "../protocol/hit.ts";
import type { ColumnType } from "../protocol/settings.ts";
import { parseInstant } from "../time.ts";

/** A document's value in one column; a list is ascending, without repetitions, and of at least two. */
export type CellValue = number | string | readonly string[] | null;

/**
 * What a column keeps of a field: null where there is nothing, or nothing of the column's type. Zero has one sign, and
 * strings are well-formed, so that equal values are the same bytes.
 */
export function cellOf(value: unknown, type: ColumnType): CellValue {
  switch (type) {
    case "keyword":
      return keywordCell(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value + 0 : null;
    case "boolean":
      return typeof value === "boolean" ? Number(value) : null;
    case "date":
      return typeof value === "string" ? (parseInstant(value) ?? null) : null;
  }
}

function keywordCell(value: unknown): CellValue {
  if (typeof value === "string") return value.toWellFormed();
  if (!Array.isArray(value)) return null;
  const distinct = new Set<string>();
  for (const item of value) if (typeof item === "string") distinct.add(item.toWellFormed());
  const [first, ...others] = [...distinct].sort(compareIds);
  return first === undefined ? null : others.length === 0 ? first : [first, ...others];
}
