import { HedgerowError } from "../errors.ts";
import type { PlanFilter, RangeEnds } from "../protocol/plan.ts";
import type { ColumnField } from "../protocol/settings.ts";
import { type ColumnKind, type ColumnValue, columnKind } from "./column-data.ts";

/** A plan's filter with its fields looked up. */
export type FilterCondition =
  | { kind: "in"; column: number; values: readonly ColumnValue[] }
  | { kind: "range"; column: number; ends: RangeEnds }
  | { kind: "not"; of: FilterCondition }
  | { kind: "and" | "or"; of: readonly FilterCondition[] };

/** `key` is the same for the same filter. */
export type PreparedFilter = { key: string; condition: FilterCondition };

/** Looks a filter's fields up. Throws `invalid_query` for a field without a column, or a value of another kind. */
export function prepareFilter(filter: PlanFilter, fields: readonly ColumnField[]): PreparedFilter {
  return { key: JSON.stringify(filter), condition: prepareCondition(filter, fields) };
}

/** The number of a field's column. Throws `invalid_query` where it has none. */
export function columnNumber(field: string, fields: readonly ColumnField[]): number {
  const number = fields.findIndex(({ name }) => name === field);
  if (number < 0) throw new HedgerowError("invalid_query", `this index has no column "${field}"`);
  return number;
}

/** Throws `invalid_query` unless a column may hold all of the values. */
export function requireKind(values: readonly unknown[], { name, type }: ColumnField): void {
  const wanted: Record<ColumnKind, string> = { numbers: "number", keywords: "string" };
  const misfit = values.find((value) => typeof value !== wanted[columnKind(type)]);
  if (misfit !== undefined) {
    throw new HedgerowError(
      "invalid_query",
      `the column "${name}" holds no ${typeof misfit} such as ${String(misfit)}`,
    );
  }
}

function prepareCondition(filter: PlanFilter, fields: readonly ColumnField[]): FilterCondition {
  switch (filter.kind) {
    case "not":
      return { kind: "not", of: prepareCondition(filter.of, fields) };
    case "and":
    case "or":
      return { kind: filter.kind, of: filter.of.map((part) => prepareCondition(part, fields)) };
    case "in":
      return { kind: "in", column: checkedColumn(filter.field, filter.values, fields), values: filter.values };
    case "range": {
      const { kind, field, ...ends } = filter;
      return { kind, column: checkedColumn(field, Object.values(ends), fields), ends };
    }
  }
}

function checkedColumn(field: string, values: readonly unknown[], fields: readonly ColumnField[]): number {
  const number = columnNumber(field, fields);
  const column = fields[number];
  if (column !== undefined) requireKind(values, column);
  return number;
}
