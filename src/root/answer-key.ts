import { type SearchBody, searchDefaults } from "../protocol/search-request.ts";
import type { CatalogIndex } from "./catalog.ts";

/**
 * Names what a search asks, of which statistics and of which sequences; requests with the same key have the same plan
 * and the same answer. Undefined where the caller wants an answer of its own: `cache: false`, or a `profile`.
 */
export function answerKey({ definition, statistics }: CatalogIndex, body: SearchBody): string | undefined {
  if (body.cache === false || body.profile === true) return undefined;
  const { budgetMs: _budget, minCoverage: _coverage, hedge: _hedge, after: _after, cache: _cache, ...asked } = body;
  const parts = Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${definition.index} ${definition.incarnation} ${statistics.stamp} ${JSON.stringify(parts)}`;
}

/** What must be alike, beside the key, for two requests to share an answer that may be partial. */
export function answerVariant(body: SearchBody): string {
  const { minCoverage = searchDefaults.minCoverage, hedge = searchDefaults.hedge } = body;
  return `${minCoverage} ${hedge}`;
}
