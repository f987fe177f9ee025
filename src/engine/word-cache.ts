import { HashSlots } from "./hash-slots.ts";

type Entry<T> = { raw: string; value: T };

/**
 * Remembers a value for each word, found by the word's characters where they stand in a text: to cut a word out only
 * to look it up costs more than all else that is done with a word seen before.
 */
export class WordCache<T> {
  readonly #slots = new HashSlots();
  readonly #entries: Entry<T>[] = [];

  get size(): number {
    return this.#slots.size;
  }

  /** What was kept for the word that stands at [start, end) of the text. */
  get(text: string, start: number, end: number): T | undefined {
    const hash = hashOf(text, start, end);
    for (let slot = this.#slots.first(hash); ; slot = this.#slots.next(slot)) {
      const number = this.#slots.numberAt(slot);
      if (number < 0) return undefined;
      if (!this.#slots.hasHash(number, hash)) continue;
      const entry = this.#entries[number];
      if (entry?.raw.length === end - start && standsAt(text, start, entry.raw)) return entry.value;
    }
  }

  /** Keeps a value for a word that has none. */
  add(raw: string, value: T): void {
    const hash = hashOf(raw, 0, raw.length);
    let slot = this.#slots.first(hash);
    while (this.#slots.numberAt(slot) >= 0) slot = this.#slots.next(slot);
    this.#slots.add(slot, hash);
    this.#entries.push({ raw, value });
  }
}

/** FNV-1a over UTF-16 units, mixed so that its lower bits spread. */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

function standsAt(text: string, start: number, raw: string): boolean {
  for (let i = 0; i < raw.length; i++) if (text.charCodeAt(start + i) !== raw.charCodeAt(i)) return false;
  return true;
}
