import type { Strings, TermCounts } from "./term-counts.ts";

const termsMin = 1 << 8;

/**
 * In how many documents each term of a segment stands, by the terms' numbers: typed arrays, found through a table of
 * which at least half is free (open addressing, Knuth 6.4). Summing up the documents of a batch takes tens of thousands
 * of steps, and a Map that fills so fast is copied by one minor collection after the other.
 */
export class TermTally {
  /** One more than the place of a term among those below; 0: free. */
  #table = new Int32Array(2 * termsMin);
  #terms = new Int32Array(termsMin);
  #counts = new Int32Array(termsMin);
  /** The document that each term was counted for last: documents come one after the other. */
  #documents = new Int32Array(termsMin);
  #size = 0;

  /** Counts a term once for a document, however often it stands there. */
  count(term: number, document: number): void {
    const slot = this.#slotOf(term);
    const known = (this.#table[slot] ?? 0) - 1;
    if (known < 0) {
      this.#add(term, document, slot);
      return;
    }
    if (this.#documents[known] === document) return;
    this.#documents[known] = document;
    this.#counts[known] = (this.#counts[known] ?? 0) + 1;
  }

  /**
   * What these documents take (-1) from the terms' frequencies, or give back (1). Holds on to as much memory as it needs.
   */
  counts(terms: Strings, sign: 1 | -1): TermCounts {
    const numbers = this.#terms.slice(0, this.#size);
    const counts = this.#counts.slice(0, this.#size);
    return { size: this.#size, termAt: (i) => terms.text(numbers[i] ?? 0), countAt: (i) => sign * (counts[i] ?? 0) };
  }

  #add(term: number, document: number, slot: number): void {
    this.#terms[this.#size] = term;
    this.#documents[this.#size] = document;
    this.#counts[this.#size] = 1;
    this.#table[slot] = ++this.#size;
    if (this.#size === this.#terms.length) this.#grow();
  }

  /** Where the table holds a term, or would. */
  #slotOf(term: number): number {
    const mask = this.#table.length - 1;
    let slot = Math.imul(term, 0x9e3779b1) >>> Math.clz32(mask);
    for (let held = this.#table[slot] ?? 0; held > 0; held = this.#table[slot] ?? 0) {
      if (this.#terms[held - 1] === term) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    this.#terms = doubled(this.#terms);
    this.#counts = doubled(this.#counts);
    this.#documents = doubled(this.#documents);
    this.#table = new Int32Array(this.#table.length * 2);
    for (let place = 0; place < this.#size; place++) this.#table[this.#slotOf(this.#terms[place] ?? 0)] = place + 1;
  }
}

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(numbers.length * 2);
  grown.set(numbers);
  return grown;
}
