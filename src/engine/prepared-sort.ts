import { HedgerowError } from "../errors.ts";
import type { SortValue } from "../protocol/hit.ts";
import { type Plan, scoreName } from "../protocol/plan.ts";
import type { ColumnField } from "../protocol/settings.ts";
import { columnNumber, requireKind } from "./prepared-filter.ts";

/** What to sort by: a column by its number, or, where there is none, the score. */
export type SortKey = { column: number | undefined; descending: boolean };

/** An order of documents; `after` is the hit that all of them must follow. */
export type PreparedSort = {
  keys: readonly SortKey[];
  after: { id: string; values: readonly SortValue[] } | undefined;
};

/**
 * Looks the fields of a plan's order up; none where it is by score alone. Throws `invalid_query` for a field without a
 * column, and for a hit to follow that was not sorted so.
 */
export function prepareSort({ sort, after }: Plan, fields: readonly ColumnField[]): PreparedSort | undefined {
  if (sort === undefined) return undefined;
  const keys = sort.map(({ field, descending }) => ({
    column: field === scoreName ? undefined : columnNumber(field, fields),
    descending,
  }));
  if (after === undefined) return { keys, after: undefined };
  const values = after.sort ?? [];
  if (values.length !== keys.length)
    throw new HedgerowError("invalid_query", "the hit to follow has other sort values");
  keys.forEach(({ column }, i) => {
    const value = values[i] ?? null;
    const field = column === undefined ? { name: scoreName, type: "number" as const } : fields[column];
    if (field !== undefined && value !== null) requireKind([value], field);
  });
  return { keys, after: { id: after.id, values } };
}
