import { Memtable } from "./memtable.ts";
import type { Piece } from "./piece.ts";
import { Segment } from "./segment.ts";
import { markedWords, type TermCounts } from "./term-counts.ts";
import { TermTally } from "./term-tally.ts";

/**
 * What documents that die take out of the document frequencies. Those of a segment are summed by its terms' numbers,
 * so that replacing many documents leaves a few differences for each term, not some for each term of each document.
 */
export class TakenTerms {
  readonly #segments = new Map<Segment, SegmentTerms>();
  readonly #others: TermCounts[] = [];

  add(piece: Piece, doc: number): void {
    if (piece instanceof Memtable) this.#others.push(piece.takenBy(doc));
    if (!(piece instanceof Segment)) return;
    let taken = this.#segments.get(piece);
    if (taken === undefined) {
      taken = new SegmentTerms(piece);
      this.#segments.set(piece, taken);
    }
    taken.add(doc);
  }

  *counts(): Generator<TermCounts> {
    for (const taken of this.#segments.values()) yield* taken.counts();
    yield* this.#others;
  }
}

/** What documents of one segment take; documents die by the thousand, so that none has a closure of its own. */
class SegmentTerms {
  readonly #segment: Segment;
  readonly #terms = new TermTally();
  /** Terms in documents whose words of them are among these words, which need not be the terms' first ones. */
  readonly #told = new TermTally();
  readonly #words = new TermTally();
  #doc = 0;
  readonly #count = (term: number): void => this.#terms.count(term, this.#doc);
  readonly #countWord = (word: number): void => {
    this.#words.count(word, this.#doc);
    this.#told.count(this.#segment.termOfWord(word), this.#doc);
  };

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  add(doc: number): void {
    this.#doc = doc;
    this.#segment.eachToken(doc, this.#count, this.#countWord);
  }

  /** As if every term were its first word, which has the same number; then that is put right. */
  *counts(): Generator<TermCounts> {
    const words = markedWords(this.#segment.words);
    yield this.#terms.counts(this.#segment.terms, -1);
    yield this.#terms.counts(words, -1);
    yield this.#told.counts(words, 1);
    yield this.#words.counts(words, -1);
  }
}
