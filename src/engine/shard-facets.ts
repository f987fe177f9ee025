import type { ShardFacet } from "../protocol/link.ts";
import { FacetCounts, FacetTotals } from "./facet-counts.ts";
import type { Piece } from "./piece.ts";

/** A facet as a plan asks for it, its field looked up. */
export type PreparedFacet = { column: number; size: number };

/** All values are told while there are no more; then exact counts need no second question. */
const listedMin = 1000;

/** The facets of one search of one shard: counted piece by piece, added up and ranked in bounded steps. */
export class ShardFacets {
  readonly #facets: readonly PreparedFacet[];
  readonly #totals: FacetTotals[];
  #ranked = 0;

  constructor(facets: readonly PreparedFacet[]) {
    this.#facets = facets;
    this.#totals = facets.map(({ size }) => new FacetTotals(Math.max(listedMin, 2 * size)));
  }

  /** Begins to count in a piece. */
  open(piece: Piece): PieceFacets {
    return new PieceFacets(
      this.#facets.map(({ column }) => new FacetCounts(piece.column(column))),
      this.#totals,
    );
  }

  /** Does the next step of ranking, once every piece is folded; true when all is done. */
  rank(): boolean {
    if (this.#totals[this.#ranked]?.rank()) this.#ranked++;
    return this.#ranked >= this.#totals.length;
  }

  /**
   * What the shard tells. `uncounted` bounds how many more documents may match than were counted here, and `total` is
   * how many were.
   */
  reply({ uncounted, total }: { uncounted: number; total: number }): ShardFacet[] {
    return this.#totals.map((totals) => {
      const { values, rest } = totals.list();
      return { values, missing: totals.missing, rest: (rest ?? total) + uncounted, error: uncounted };
    });
  }
}

/** The facets of one piece's matches. */
export class PieceFacets {
  readonly #counts: readonly FacetCounts[];
  readonly #totals: readonly FacetTotals[];
  #folded = 0;

  constructor(counts: readonly FacetCounts[], totals: readonly FacetTotals[]) {
    this.#counts = counts;
    this.#totals = totals;
  }

  count(doc: number): void {
    for (const counts of this.#counts) counts.count(doc);
  }

  /** Does the next step of adding the counts to the shard's, once all are in; true when all is done. */
  fold(): boolean {
    const counts = this.#counts[this.#folded];
    const totals = this.#totals[this.#folded];
    if (counts === undefined || totals === undefined) return true;
    if (counts.fold(totals)) this.#folded++;
    return this.#folded === this.#counts.length;
  }
}
