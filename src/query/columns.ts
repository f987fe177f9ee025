import { unfitAt } from "../errors.ts";
import { type PlanFacet, type PlanSort, scoreName } from "../protocol/plan.ts";
import { type SearchBody, searchDefaults } from "../protocol/search-request.ts";
import { type ColumnField, columnFields, type IndexSettings } from "../protocol/settings.ts";

/** The field of that name, which must have a column. Throws `invalid_request` that says what it is instead. */
export function requireColumn(
  name: string,
  { path, settings }: { path: string; settings: IndexSettings },
): ColumnField {
  const columns = columnFields(settings);
  const column = columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  const type = Object.hasOwn(settings.fields, name) ? settings.fields[name]?.type : undefined;
  const known = columns.map((each) => each.name).join(", ") || "none";
  const what = type === undefined ? `"${name}" is no field of this index` : `"${name}" is a ${type} field`;
  throw unfitAt(path, `${what}; it must be a keyword, number, date or boolean field, of which the index has ${known}`);
}

/** The facets asked for. Throws `invalid_request` for a field without a column, or one that is named twice. */
export function planFacets(facets: NonNullable<SearchBody["facets"]>, settings: IndexSettings): PlanFacet[] {
  const planned = facets.map((facet, i) => {
    const { field, size = searchDefaults.facetSize } = typeof facet === "string" ? { field: facet } : facet;
    requireColumn(field, { path: `/facets/${i}`, settings });
    return { field, size };
  });
  requireOnce(planned, "/facets");
  return planned;
}

/** A field's second mention could have no effect. */
function requireOnce(entries: readonly { field: string }[], path: string): void {
  const seen = new Set<string>();
  for (const [i, { field }] of entries.entries()) {
    if (seen.has(field)) throw unfitAt(`${path}/${i}`, `names "${field}" a second time`);
    seen.add(field);
  }
}

/**
 * The order asked for; none where it is by score alone, which is the order that hits come in anyway. A document without
 * a value comes last whichever way the order goes; one with several is sorted by its least. Throws `invalid_request`
 * for a field that cannot be sorted by, or one that is named twice.
 */
export function planSort(sort: readonly string[], settings: IndexSettings): PlanSort[] | undefined {
  const keys = sort.map((entry, i) => {
    if (entry === scoreName) return { field: scoreName, descending: true };
    const descending = entry.startsWith("-");
    const field = descending ? entry.slice(1) : entry;
    if (field === scoreName) throw unfitAt(`/sort/${i}`, 'must be "_score": the best always come first');
    requireColumn(field, { path: `/sort/${i}`, settings });
    return { field, descending };
  });
  requireOnce(keys, "/sort");
  return keys[0]?.field === scoreName && keys.length === 1 ? undefined : keys;
}
