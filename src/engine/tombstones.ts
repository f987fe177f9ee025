/** The version at which a piece's every document is still alive. */
export const firstVersion = 0;

const pageBits = 10;
const pageDocuments = 1 << pageBits;

/**
 * Which documents of a piece are dead, and since which version of the shard: a search that began before sees them
 * still. A bit answers for the living, who are nearly all. The versions of the others stand in pages that appear when
 * somebody in them dies: a Map of tens of thousands would be made anew for milliseconds whenever it grows.
 */
export class Tombstones {
  #bits = new Uint32Array(8);
  readonly #pages: (Uint32Array | undefined)[] = [];
  #count = 0;
  /** No document died after it. */
  #latest = firstVersion;

  get count(): number {
    return this.#count;
  }

  /** Has a document die at a version, below 2^32. For one that is dead already it does nothing. */
  kill(doc: number, version: number): void {
    if (this.#hasBit(doc)) return;
    const word = doc >>> 5;
    this.#hold(word + 1);
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (doc & 31));
    let page = this.#pages[doc >>> pageBits];
    if (page === undefined) {
      page = new Uint32Array(pageDocuments);
      this.#pages[doc >>> pageBits] = page;
    }
    page[doc & (pageDocuments - 1)] = version;
    this.#count++;
    this.#latest = Math.max(this.#latest, version);
  }

  isDead(doc: number, version: number): boolean {
    return this.#hasBit(doc) && this.since(doc) <= version;
  }

  /**
   * A bit for each of a piece's documents, set for the dead, to be read until somebody else dies; undefined where some have
   * died since the version.
   */
  bitsAt(version: number, documents: number): Uint32Array | undefined {
    if (version < this.#latest) return undefined;
    this.#hold((documents + 31) >>> 5);
    return this.#bits;
  }

  /** How many of the first `to` documents are dead at a version, where the piece shows `documents` at it. */
  countBelow(to: number, { documents, version }: { documents: number; version: number }): number {
    if (to >= documents && version >= this.#latest) return this.#count;
    let dead = 0;
    for (let doc = this.next(0); doc >= 0 && doc < to; doc = this.next(doc + 1)) if (this.since(doc) <= version) dead++;
    return dead;
  }

  /** The first dead document with at least a number, or -1: a way through them that leaves no garbage. */
  next(from: number): number {
    let word = from >>> 5;
    if (word >= this.#bits.length) return -1;
    let rest = (this.#bits[word] ?? 0) & (-1 << (from & 31));
    while (rest === 0) {
      word++;
      if (word >= this.#bits.length) return -1;
      rest = this.#bits[word] ?? 0;
    }
    return (word << 5) + 31 - Math.clz32(rest & -rest);
  }

  /** The version at which a dead document died. */
  since(doc: number): number {
    return this.#pages[doc >>> pageBits]?.[doc & (pageDocuments - 1)] ?? 0;
  }

  #hold(words: number): void {
    if (words <= this.#bits.length) return;
    const grown = new Uint32Array(Math.max(words, this.#bits.length * 2));
    grown.set(this.#bits);
    this.#bits = grown;
  }

  #hasBit(doc: number): boolean {
    return (((this.#bits[doc >>> 5] ?? 0) >>> (doc & 31)) & 1) !== 0;
  }
}
