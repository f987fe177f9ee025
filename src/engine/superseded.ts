import { addLengths } from "./lengths.ts";
import type { Piece } from "./piece.ts";
import { TakenTerms } from "./taken-terms.ts";
import type { TermCounts } from "./term-counts.ts";

/** Documents that are to die together, and what they take out of the statistics. */
export class Superseded {
  /** How many terms each text field holds in all of them. */
  readonly lengths: number[] = [];
  readonly #docs = new Map<Piece, number[]>();
  readonly #terms = new TakenTerms();
  #documents = 0;

  get documents(): number {
    return this.#documents;
  }

  add(piece: Piece, doc: number): void {
    const docs = this.#docs.get(piece);
    if (docs === undefined) this.#docs.set(piece, [doc]);
    else docs.push(doc);
    this.#documents++;
    addLengths(this.lengths, piece.lengthsOf(doc), 1);
    this.#terms.add(piece, doc);
  }

  /** Has them die. */
  kill(version: number): void {
    for (const [{ tombstones }, docs] of this.#docs) for (const doc of docs) tombstones.kill(doc, version);
  }

  counts(): Iterable<TermCounts> {
    return this.#terms.counts();
  }
}
