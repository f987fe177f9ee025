import { compareIds } from "../protocol/hit.ts";
import type { Piece } from "./piece.ts";

/**
 * Numbers the documents of all pieces that a search goes through, one piece after the other, so that a document of any of
 * them is one number.
 */
export class Places {
  readonly #pieces: Piece[] = [];
  readonly #starts: number[] = [];
  /** Where the piece entered last begins. */
  #latest = 0;
  #end = 0;

  /** Goes on to a piece, of which so many documents count; answers the place of its first one. */
  enter(piece: Piece, documents: number): number {
    this.#latest = this.#end;
    this.#pieces.push(piece);
    this.#starts.push(this.#latest);
    this.#end += documents;
    return this.#latest;
  }

  /** The piece that a place is in, by the order in which they were entered. */
  numberOf(place: number): number {
    let number = this.#starts.length - 1;
    while (number > 0 && place < (this.#starts[number] ?? 0)) number--;
    return number;
  }

  pieceAt(number: number): Piece | undefined {
    return this.#pieces[number];
  }

  startOf(number: number): number {
    return this.#starts[number] ?? 0;
  }

  /** Whether the first of two documents that score alike ranks before the second: by their ids, read where needed. */
  ranksBefore(a: number, b: number): boolean {
    const numberA = a >= this.#latest ? this.#starts.length - 1 : this.numberOf(a);
    const numberB = b >= this.#latest ? this.#starts.length - 1 : this.numberOf(b);
    if (numberA === numberB && this.#pieces[numberA]?.ordered === true) return a < b;
    return compareIds(this.#idAt(numberA, a), this.#idAt(numberB, b)) < 0;
  }

  #idAt(number: number, place: number): string {
    return this.#pieces[number]?.idAt(place - this.startOf(number)) ?? "";
  }
}
