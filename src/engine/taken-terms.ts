import type { Piece } from "./piece.ts";
import { Segment } from "./segment.ts";
import type { TermCounts } from "./term-counts.ts";

/**
 * What documents that die take out of the document frequencies. Those of a segment are summed by its terms' numbers,
 * so that replacing many documents leaves one difference for each term, not one for each term of each document.
 */
export class TakenTerms {
  readonly #segments = new Map<Segment, Map<number, number>>();
  readonly #others: TermCounts[] = [];
  readonly #seen = new Set<number>();

  add(piece: Piece, doc: number): void {
    if (!(piece instanceof Segment)) {
      this.#others.push(piece.termsOf(doc, -1));
      return;
    }
    const sums = this.#segments.get(piece) ?? new Map<number, number>();
    this.#segments.set(piece, sums);
    piece.eachToken(doc, (term) => void this.#seen.add(term));
    for (const term of this.#seen) sums.set(term, (sums.get(term) ?? 0) - 1);
    this.#seen.clear();
  }

  *counts(): Generator<TermCounts> {
    for (const [{ terms }, sums] of this.#segments) {
      const numbers = Uint32Array.from(sums.keys());
      const counts = Int32Array.from(sums.values());
      yield { size: numbers.length, termAt: (i) => terms.text(numbers[i] ?? 0), countAt: (i) => counts[i] ?? 0 };
    }
    yield* this.#others;
  }
}
