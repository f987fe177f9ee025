import { compareValues } from "../protocol/hit.ts";
import type { ShardFacet } from "../protocol/link.ts";
import type { PlanFacet } from "../protocol/plan.ts";
import type { FieldType, IndexSettings } from "../protocol/settings.ts";
import type { CatalogIndex } from "./catalog.ts";
import { documentsAtMost } from "./known-documents.ts";
import type { ScatterResult } from "./scatter.ts";
import { shownValue } from "./shown-value.ts";

/** A value with its count, which is off by at most `errorMax`. */
export type FacetBucket = { value: string | number | boolean; count: number; errorMax: number };

/** `exact`: these are the values with the highest counts, and the counts are right. */
export type FacetAnswer = { exact: boolean; missing: number; buckets: FacetBucket[] };

type Counted = { value: string | number; count: number; errorMax: number };

/** What the shards sent, and how many documents nobody counted that may belong to what was found. */
export type FacetSources = { shards: readonly (readonly ShardFacet[])[]; unheardDocuments: number };

/**
 * The answer's facets. A shard that sent nothing may hold as many of any value as it can have documents, and so may the
 * documents that the plan left out; where it left out what was to be excluded, counts are too high by as much at most.
 */
export function facetsOf(
  facets: readonly PlanFacet[],
  { answers, documentsLeftOut }: Pick<ScatterResult, "answers"> & { documentsLeftOut: number },
  index: CatalogIndex,
): Record<string, FacetAnswer> {
  const heard = new Set(answers.map(({ shard }) => shard));
  const missing = [...index.shards.keys()].filter((shard) => !heard.has(shard));
  const unheardDocuments = documentsLeftOut + (missing.length === 0 ? 0 : documentsAtMost(index, missing));
  const sources = { shards: answers.map(({ reply }) => reply.facets ?? []), unheardDocuments };
  return mergeFacets(facets, sources, index.definition.settings);
}

/** Adds the shards' counts up to one answer for each facet, with true bounds of what is not known. */
export function mergeFacets(
  facets: readonly PlanFacet[],
  { shards, unheardDocuments }: FacetSources,
  settings: IndexSettings,
): Record<string, FacetAnswer> {
  const answers = facets.map(({ field, size }, place): [string, FacetAnswer] => {
    const parts = shards.flatMap((shard) => shard[place] ?? []);
    return [field, mergeFacet(parts, { size, unheardDocuments, type: settings.fields[field]?.type ?? "keyword" })];
  });
  return Object.fromEntries(answers);
}

type FacetMerge = { size: number; unheardDocuments: number; type: FieldType };

function mergeFacet(parts: readonly ShardFacet[], { size, unheardDocuments, type }: FacetMerge): FacetAnswer {
  /** No value that nobody listed has more. */
  const unlistedMax = parts.reduce((sum, { rest }) => sum + rest, unheardDocuments);
  const ranked = addUp(parts, unlistedMax).sort((a, b) => b.count - a.count || compareValues(a.value, b.value));
  const buckets = ranked.slice(0, size);
  return {
    exact: isExact(buckets, ranked.slice(size), { size, unlistedMax }),
    missing: parts.reduce((sum, { missing }) => sum + missing, 0),
    buckets: buckets.map(({ value, ...bucket }) => ({ value: shownValue(value, type), ...bucket })),
  };
}

/** A value's error is at most `rest` where a shard did not list it, and `error` where one did. */
function addUp(parts: readonly ShardFacet[], unlistedMax: number): Counted[] {
  const counted = new Map<string | number, Counted>();
  for (const { values, rest, error } of parts) {
    for (const [value, count] of values) {
      const known = counted.get(value) ?? { value, count: 0, errorMax: unlistedMax };
      known.count += count;
      known.errorMax += error - rest;
      counted.set(value, known);
    }
  }
  return [...counted.values()];
}

/** Whether the counts are right, and nothing that was left out can belong among them. */
function isExact(
  buckets: readonly Counted[],
  others: readonly Counted[],
  { size, unlistedMax }: { size: number; unlistedMax: number },
): boolean {
  if (buckets.some(({ errorMax }) => errorMax > 0)) return false;
  const last = buckets.at(-1);
  if (last === undefined || buckets.length < size) return unlistedMax === 0;
  const mayBelong = ({ value, count, errorMax }: Counted): boolean =>
    count + errorMax > last.count || (count + errorMax === last.count && compareValues(value, last.value) < 0);
  // Of values with as many a shard lists the lesser ones: one that nobody listed comes after the last bucket then.
  return !others.some(mayBelong) && unlistedMax <= last.count;
}
