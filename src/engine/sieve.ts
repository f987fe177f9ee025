import type { FilterBits } from "./filter-bits.ts";
import type { PieceFacets } from "./shard-facets.ts";

/** What every match of one piece passes through: it is held to the filter, and counted in the facets. */
export class Sieve {
  readonly #filter: FilterBits | undefined;
  readonly #facets: PieceFacets | undefined;

  constructor(filter: FilterBits | undefined, facets: PieceFacets | undefined) {
    this.#filter = filter;
    this.#facets = facets;
  }

  /** Whether documents may be asked about. */
  get ready(): boolean {
    return this.#filter === undefined || this.#filter.ready;
  }

  /** See `FilterBits.prepare`. */
  prepare(): void {
    this.#filter?.prepare();
  }

  /** Whether a document counts as a match. Ask once for each. */
  admits(doc: number): boolean {
    if (this.#filter !== undefined && !this.#filter.has(doc)) return false;
    this.#facets?.count(doc);
    return true;
  }
}
