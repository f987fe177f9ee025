import type { Piece } from "./piece.ts";
import { Segment } from "./segment.ts";
import type { TermCounts } from "./term-counts.ts";
import { TermTally } from "./term-tally.ts";

/**
 * What documents that die take out of the document frequencies. Those of a segment are summed by its terms' numbers,
 * so that replacing many documents leaves one difference for each term, not one for each term of each document.
 */
export class TakenTerms {
  readonly #segments = new Map<Segment, SegmentTerms>();
  readonly #others: TermCounts[] = [];

  add(piece: Piece, doc: number): void {
    if (!(piece instanceof Segment)) {
      this.#others.push(piece.termsOf(doc, -1));
      return;
    }
    let taken = this.#segments.get(piece);
    if (taken === undefined) {
      taken = new SegmentTerms(piece);
      this.#segments.set(piece, taken);
    }
    taken.add(doc);
  }

  *counts(): Generator<TermCounts> {
    for (const taken of this.#segments.values()) yield taken.counts();
    yield* this.#others;
  }
}

/** What documents of one segment take; documents die by the thousand, so that none has a closure of its own. */
class SegmentTerms {
  readonly #segment: Segment;
  readonly #tally = new TermTally();
  #doc = 0;
  readonly #count = (term: number): void => this.#tally.count(term, this.#doc);

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  add(doc: number): void {
    this.#doc = doc;
    this.#segment.eachToken(doc, this.#count);
  }

  counts(): TermCounts {
    return this.#tally.taken(this.#segment.terms);
  }
}
