import type { Postings } from "./postings.ts";

/** A term that fewer documents hold is read as fast as it is looked up. */
const postingsMin = 64;
/** Setting the bits of more would take longer than a search may go without looking at the clock. */
const postingsMax = 1 << 17;
/** Bits are kept for terms that one document in so many holds: then they take at most three times what postings do. */
const documentsPerHolder = 128;

/** Which documents of a piece hold a term, a bit each. */
export type Holders = Uint32Array;

/**
 * The holders of a segment's frequent terms, made when a term is first asked for: whether a document holds one is then
 * known without reading the term's postings. Together they take at most as many bytes as there are postings, times 16.
 */
export class HolderLists {
  readonly #lists = new Map<number, Holders>();
  readonly #documents: number;

  /** For a segment of so many documents. */
  constructor(documents: number) {
    this.#documents = documents;
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#lists.size * wordsFor(this.#documents) * Uint32Array.BYTES_PER_ELEMENT;
  }

  /** Of a term's unread postings; undefined where bits are not worth having. */
  of(term: number, postings: Postings): Holders | undefined {
    const count = postings.end - postings.start;
    if (count < postingsMin || count > postingsMax || count * documentsPerHolder < this.#documents) return undefined;
    const known = this.#lists.get(term);
    if (known !== undefined) return known;
    const found = holdersOf(postings, this.#documents);
    this.#lists.set(term, found);
    return found;
  }
}

/** Sets the bits of one term's documents. */
export function holdersOf({ docs, start, end }: Postings, documents: number): Holders {
  const bits = new Uint32Array(wordsFor(documents));
  for (let i = start; i < end; i++) {
    const doc = docs[i] ?? 0;
    bits[doc >>> 5] = (bits[doc >>> 5] ?? 0) | (1 << (doc & 31));
  }
  return bits;
}

/** 1 where the document holds the term, 0 where it does not. */
export function holds(bits: Holders, doc: number): number {
  return ((bits[doc >>> 5] ?? 0) >>> (doc & 31)) & 1;
}

function wordsFor(documents: number): number {
  return (documents + 31) >>> 5;
}
