/** The version at which a piece's every document is still alive. */
export const firstVersion = 0;

/**
 * Which documents of a piece are dead, and since which version of the shard: a search that began before sees them
 * still. A bit answers for the living, who are nearly all.
 */
export class Tombstones {
  #bits = new Uint32Array(8);
  readonly #since = new Map<number, number>();
  /** No document died after it. */
  #latest = firstVersion;

  get count(): number {
    return this.#since.size;
  }

  kill(doc: number, version: number): void {
    const word = doc >>> 5;
    if (word >= this.#bits.length) {
      const grown = new Uint32Array(Math.max(word + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[word] = (this.#bits[word] ?? 0) | (1 << (doc & 31));
    if (this.#since.has(doc)) return;
    this.#since.set(doc, version);
    this.#latest = Math.max(this.#latest, version);
  }

  isDead(doc: number, version: number): boolean {
    if ((((this.#bits[doc >>> 5] ?? 0) >>> (doc & 31)) & 1) === 0) return false;
    return (this.#since.get(doc) ?? 0) <= version;
  }

  /** How many of the first `to` documents are dead at a version, where the piece shows `documents` at it. */
  countBelow(to: number, { documents, version }: { documents: number; version: number }): number {
    if (to >= documents && version >= this.#latest) return this.count;
    let dead = 0;
    for (let word = 0; word < this.#bits.length && word << 5 < to; word++) {
      if (this.#bits[word] === 0) continue;
      const end = Math.min(to, (word + 1) << 5);
      for (let doc = word << 5; doc < end; doc++) if (this.isDead(doc, version)) dead++;
    }
    return dead;
  }

  /** The documents that are dead at a version, ascending. */
  deadAt(version: number): Uint32Array {
    const dead: number[] = [];
    for (const [doc, since] of this.#since) if (since <= version) dead.push(doc);
    return Uint32Array.from(dead).sort();
  }

  /** The dead in the order in which they died, each with its version. */
  entries(): IterableIterator<[doc: number, version: number]> {
    return this.#since.entries();
  }
}
