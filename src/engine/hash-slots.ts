import { grown } from "./grown.ts";

/**
 * The open-addressed slots of a table of things that are numbered from 0 as they come. A table asks from `first` on,
 * slot after slot, whether the number there is of what it looks for; an empty one is where that may be added.
 */
export class HashSlots {
  #slots = new Uint32Array(2048);
  #hashes = new Uint32Array(1024);
  #size = 0;

  /** How many things have a number. */
  get size(): number {
    return this.#size;
  }

  first(hash: number): number {
    return hash & (this.#slots.length - 1);
  }

  next(slot: number): number {
    return (slot + 1) & (this.#slots.length - 1);
  }

  /** The number in a slot; -1 where it is empty. */
  numberAt(slot: number): number {
    return (this.#slots[slot] ?? 0) - 1;
  }

  hasHash(number: number, hash: number): boolean {
    return this.#hashes[number] === hash >>> 0;
  }

  /** Gives the next number to what has this hash, in an empty slot that was come to from `first`. */
  add(slot: number, hash: number): number {
    const number = this.#size++;
    if (number === this.#hashes.length) this.#hashes = grown(this.#hashes, number + 1);
    this.#hashes[number] = hash;
    this.#slots[slot] = number + 1;
    if (this.#size * 2 > this.#slots.length) this.#spread();
    return number;
  }

  #spread(): void {
    this.#slots = new Uint32Array(this.#slots.length * 4);
    for (let number = 0; number < this.#size; number++) {
      let slot = this.first(this.#hashes[number] ?? 0);
      while (this.#slots[slot] !== 0) slot = this.next(slot);
      this.#slots[slot] = number + 1;
    }
  }
}
