import type { NarrowArray } from "./narrow.ts";

/** Numbers distinct rows of `width` unsigned integers, in the order in which they first come. */
export class RowTable {
  readonly #width: number;
  #rows: Uint32Array;
  #slots = new Uint32Array(1024);
  #size = 0;

  constructor(width: number) {
    this.#width = width;
    this.#rows = new Uint32Array(256 * width);
  }

  get size(): number {
    return this.#size;
  }

  /** All rows end to end. */
  get rows(): Uint32Array {
    return this.#rows.subarray(0, this.#size * this.#width);
  }

  /** The number of a row, given as `width` numbers of `values` from `at` on. */
  numberOf(values: NarrowArray, at = 0): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(values, at) & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0) return this.#insert(values, at, slot);
      if (this.#equals(number, values, at)) return number;
    }
  }

  #insert(values: NarrowArray, at: number, slot: number): number {
    const number = this.#size++;
    const start = number * this.#width;
    if (start + this.#width > this.#rows.length) {
      const grown = new Uint32Array(this.#rows.length * 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    for (let i = 0; i < this.#width; i++) this.#rows[start + i] = values[at + i] ?? 0;
    this.#slots[slot] = number + 1;
    if (this.#size * 2 > this.#slots.length) this.#spread();
    return number;
  }

  #spread(): void {
    this.#slots = new Uint32Array(this.#slots.length * 4);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = this.#hash(this.#rows, number * this.#width) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }

  #hash(values: NarrowArray, at: number): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < this.#width; i++) hash = Math.imul(hash ^ (values[at + i] ?? 0), 0x9e3779b1) ^ (hash >>> 13);
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  #equals(number: number, values: NarrowArray, at: number): boolean {
    const start = number * this.#width;
    for (let i = 0; i < this.#width; i++) if (this.#rows[start + i] !== values[at + i]) return false;
    return true;
  }
}
