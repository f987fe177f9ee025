type Entry<T> = { raw: string; hash: number; value: T };

/**
 * Remembers a value for each word, found by the word's characters where they stand in a text: to cut a word out only
 * to look it up costs more than all else that is done with a word seen before.
 */
export class WordCache<T> {
  #slots = new Array<Entry<T> | undefined>(1024).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What was kept for the word that stands at [start, end) of the text. */
  get(text: string, start: number, end: number): T | undefined {
    const hash = hashOf(text, start, end);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot];
      if (entry === undefined) return undefined;
      if (entry.hash === hash && entry.raw.length === end - start && standsAt(text, start, entry.raw)) {
        return entry.value;
      }
    }
  }

  /** Keeps a value for a word that has none. */
  add(raw: string, value: T): void {
    if (this.#size * 2 >= this.#slots.length) this.#spread();
    this.#place({ raw, hash: hashOf(raw, 0, raw.length), value });
    this.#size++;
  }

  #place(entry: Entry<T>): void {
    const mask = this.#slots.length - 1;
    let slot = entry.hash & mask;
    while (this.#slots[slot] !== undefined) slot = (slot + 1) & mask;
    this.#slots[slot] = entry;
  }

  #spread(): void {
    const entries = this.#slots;
    this.#slots = new Array<Entry<T> | undefined>(entries.length * 4).fill(undefined);
    for (const entry of entries) if (entry !== undefined) this.#place(entry);
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
