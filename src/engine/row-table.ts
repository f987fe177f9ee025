import { grown } from "./grown.ts";
import { HashSlots } from "./hash-slots.ts";
import type { NarrowArray } from "./narrow.ts";

/** Numbers distinct rows of `width` unsigned integers, in the order in which they first come. */
export class RowTable {
  readonly #width: number;
  readonly #slots = new HashSlots();
  #rows: Uint32Array;

  constructor(width: number) {
    this.#width = width;
    this.#rows = new Uint32Array(256 * width);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** All rows end to end. */
  get rows(): Uint32Array {
    return this.#rows.subarray(0, this.size * this.#width);
  }

  /** The number of a row, given as `width` numbers of `values` from `at` on. */
  numberOf(values: NarrowArray, at = 0): number {
    const hash = this.#hash(values, at);
    for (let slot = this.#slots.first(hash); ; slot = this.#slots.next(slot)) {
      const number = this.#slots.numberAt(slot);
      if (number < 0) return this.#keep(values, at, this.#slots.add(slot, hash));
      if (this.#slots.hasHash(number, hash) && this.#equals(number, values, at)) return number;
    }
  }

  #keep(values: NarrowArray, at: number, number: number): number {
    const start = number * this.#width;
    if (start + this.#width > this.#rows.length) this.#rows = grown(this.#rows, start + this.#width);
    for (let i = 0; i < this.#width; i++) this.#rows[start + i] = values[at + i] ?? 0;
    return number;
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
