import type { Piece } from "./piece.ts";
import { Segment } from "./segment.ts";
import type { TermCounts } from "./term-counts.ts";
import { TermTally } from "./term-tally.ts";

/**
 * What documents that die take out of the document frequencies. Those of a segment are summed by its terms' numbers,
 * so that replacing many documents leaves one difference for each term, not one for each term of each document.
 */
export class TakenTerms {
  readonly #segments = new Map<Segment, TermTally>();
  readonly #others: TermCounts[] = [];

  add(piece: Piece, doc: number): void {
    if (!(piece instanceof Segment)) {
      this.#others.push(piece.termsOf(doc, -1));
      return;
    }
    let tally = this.#segments.get(piece);
    if (tally === undefined) {
      tally = new TermTally();
      this.#segments.set(piece, tally);
    }
    const counted = tally;
    piece.eachToken(doc, (term) => counted.count(term, doc));
  }

  *counts(): Generator<TermCounts> {
    for (const [{ terms }, tally] of this.#segments) yield tally.taken(terms);
    yield* this.#others;
  }
}
