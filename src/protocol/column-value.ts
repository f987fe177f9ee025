import { parseInstant } from "../time.ts";
import type { ColumnType } from "./settings.ts";

/**
 * A value as a column keeps it and a filter looks for it; undefined where it is not of the column's type. Zero has one
 * sign, and strings are well-formed, so that equal values are the same bytes.
 */
export function columnValue(value: unknown, type: ColumnType): number | string | undefined {
  switch (type) {
    case "keyword":
      return typeof value === "string" ? value.toWellFormed() : undefined;
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value + 0 : undefined;
    case "boolean":
      return typeof value === "boolean" ? Number(value) : undefined;
    case "date":
      return typeof value === "string" ? parseInstant(value) : undefined;
  }
}
