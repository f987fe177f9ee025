import type { Postings } from "./postings.ts";

/** To make anything of more would take longer than a search may go without looking at the clock. */
const postingsMax = 1 << 17;

/**
 * Something that is made of a piece's frequent terms, each when it is first asked for. By the term's number: a table by
 * hash would be three waits for memory instead of one.
 */
export class KeptByTerm<Kept> {
  readonly #kept: (Kept | undefined)[];
  readonly #make: (postings: Postings) => Kept;
  #size = 0;

  /** Of the first so many terms. */
  constructor(terms: number, make: (postings: Postings) => Kept) {
    this.#kept = new Array<Kept | undefined>(terms).fill(undefined);
    this.#make = make;
  }

  /** How many terms it may be kept of. */
  get terms(): number {
    return this.#kept.length;
  }

  /** Bytes held, where each that was made takes so many. */
  sizeBytes(eachBytes: number): number {
    return this.#kept.length * 8 + this.#size * eachBytes;
  }

  has(term: number): boolean {
    return this.#kept[term] !== undefined;
  }

  /** Of a term's unread postings; undefined where it is not worth having. */
  of(term: number, postings: Postings): Kept | undefined {
    if (term >= this.#kept.length || postings.end - postings.start > postingsMax) return undefined;
    const known = this.#kept[term];
    if (known !== undefined) return known;
    const made = this.#make(postings);
    this.#kept[term] = made;
    this.#size++;
    return made;
  }
}
