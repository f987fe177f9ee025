import { hashBytes } from "./dictionary.ts";
import { startOf } from "./ends.ts";
import { grown, grownBytes } from "./grown.ts";
import { HashSlots } from "./hash-slots.ts";
import type { StringBytes } from "./string-bytes.ts";

/** Numbers distinct strings, given as bytes, in the order in which they first come. */
export class StringTable {
  readonly #slots = new HashSlots();
  #bytes = new Uint8Array(8192);
  #ends = new Uint32Array(1024);

  get size(): number {
    return this.#slots.size;
  }

  /** All strings, by their numbers. */
  get strings(): StringBytes {
    return { bytes: this.#bytes.subarray(0, startOf(this.#ends, this.size)), ends: this.#ends.subarray(0, this.size) };
  }

  /** The number of the string that stands at [start, end). */
  numberOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end);
    for (let slot = this.#slots.first(hash); ; slot = this.#slots.next(slot)) {
      const number = this.#slots.numberAt(slot);
      if (number < 0) return this.#keep(bytes.subarray(start, end), this.#slots.add(slot, hash));
      if (this.#slots.hasHash(number, hash) && this.#lengthOf(number) === end - start) {
        if (this.#standsAt(number, bytes, start)) return number;
      }
    }
  }

  #keep(string: Uint8Array, number: number): number {
    const start = startOf(this.#ends, number);
    const end = start + string.length;
    if (end > this.#bytes.length) this.#bytes = grownBytes(this.#bytes, end);
    if (number === this.#ends.length) this.#ends = grown(this.#ends, number + 1);
    this.#bytes.set(string, start);
    this.#ends[number] = end;
    return number;
  }

  #lengthOf(number: number): number {
    return (this.#ends[number] ?? 0) - startOf(this.#ends, number);
  }

  #standsAt(number: number, bytes: Uint8Array, start: number): boolean {
    const end = this.#ends[number] ?? 0;
    let at = start;
    for (let own = startOf(this.#ends, number); own < end; own++) if (this.#bytes[own] !== bytes[at++]) return false;
    return true;
  }
}
