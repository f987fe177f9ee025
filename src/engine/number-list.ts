import { grown } from "./grown.ts";

/** A list of numbers below 2^32 that grows, four bytes each. */
export class NumberList {
  #numbers = new Uint32Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All of them; good until one is added. */
  get numbers(): Uint32Array {
    return this.#numbers.subarray(0, this.#size);
  }

  at(place: number): number {
    return this.#numbers[place] ?? 0;
  }

  add(number: number): void {
    if (this.#size === this.#numbers.length) this.#numbers = grown(this.#numbers, this.#size + 1);
    this.#numbers[this.#size++] = number;
  }

  clear(): void {
    this.#size = 0;
  }
}
