import { hashBytes } from "./dictionary.ts";
import { type StringBytes, startAt } from "./string-bytes.ts";

/** Numbers distinct strings, given as bytes, in the order in which they first come. */
export class StringTable {
  #bytes = new Uint8Array(8192);
  #ends = new Uint32Array(1024);
  #hashes = new Uint32Array(1024);
  #slots = new Uint32Array(2048);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All strings, by their numbers. */
  get strings(): StringBytes {
    const ends = this.#ends.subarray(0, this.#size);
    return { bytes: this.#bytes.subarray(0, startAt(this.#ends, this.#size)), ends };
  }

  /** The number of the string that stands at [start, end). */
  numberOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0) return this.#insert(bytes.subarray(start, end), hash, slot);
      if (this.#hashes[number] === hash && this.#lengthOf(number) === end - start) {
        if (this.#standsAt(number, bytes, start)) return number;
      }
    }
  }

  #insert(string: Uint8Array, hash: number, slot: number): number {
    const number = this.#size++;
    const start = startAt(this.#ends, number);
    if (start + string.length > this.#bytes.length) this.#bytes = grown(this.#bytes, start + string.length);
    if (number === this.#ends.length) {
      this.#ends = grown(this.#ends, number + 1);
      this.#hashes = grown(this.#hashes, number + 1);
    }
    this.#bytes.set(string, start);
    this.#ends[number] = start + string.length;
    this.#hashes[number] = hash;
    this.#slots[slot] = number + 1;
    if (this.#size * 2 > this.#slots.length) this.#spread();
    return number;
  }

  #spread(): void {
    this.#slots = new Uint32Array(this.#slots.length * 4);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = (this.#hashes[number] ?? 0) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }

  #lengthOf(number: number): number {
    return (this.#ends[number] ?? 0) - startAt(this.#ends, number);
  }

  #standsAt(number: number, bytes: Uint8Array, start: number): boolean {
    const end = this.#ends[number] ?? 0;
    let at = start;
    for (let own = startAt(this.#ends, number); own < end; own++) if (this.#bytes[own] !== bytes[at++]) return false;
    return true;
  }
}

/** A copy with room for at least so many elements. */
function grown<T extends Uint8Array | Uint32Array>(array: T, lengthMin: number): T;
function grown(array: Uint8Array | Uint32Array, lengthMin: number): Uint8Array | Uint32Array {
  const length = Math.max(lengthMin, array.length * 2);
  if (array instanceof Uint8Array) {
    const bytes = new Uint8Array(length);
    bytes.set(array);
    return bytes;
  }
  const numbers = new Uint32Array(length);
  numbers.set(array);
  return numbers;
}
