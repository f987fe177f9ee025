import { editsBetween } from "./edits.ts";

/** Only this many first letters of a word are looked up by; the rest is compared. */
const keyLength = 6;
/** The most edits that `near` finds. */
export const nearEditsMax = 2;

const smallestBlock = 512;
const largestBlock = 8192;
const wordBits = 13;
const wordMask = (1 << wordBits) - 1;

export type NearWord = { word: number; edits: number };

/**
 * Finds the words within two edits of another by symmetric deletion (Garbe's SymSpell): two words that are near have
 * something in common once at most two letters are deleted from the beginning of each. Words are filed under each of
 * these remainders in blocks of bounded size, so that adding one never rebuilds anything. Some 150 bytes a word.
 */
export class NearWords {
  readonly #words: readonly string[];
  readonly #blocks: Block[] = [];

  /** `words`: the list that words are numbered by; it may grow, and each new word is then to be added in its turn. */
  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** Adds the word of the next number. */
  add(word: number): void {
    let block = this.#blocks.at(-1);
    if (block === undefined || word >= block.first + block.capacity) {
      block = new Block(word, Math.min(largestBlock, block === undefined ? smallestBlock : block.capacity * 2));
      this.#blocks.push(block);
    }
    block.add(word, this.#words[word] ?? "");
  }

  /** Every word within `editsMax` (at most `nearEditsMax`) edits of a word, in no order, the word itself among them. */
  near(word: string, editsMax: number): NearWord[] {
    const found: NearWord[] = [];
    const hashes = remainderHashes(word, Math.min(editsMax, nearEditsMax));
    for (const block of this.#blocks) {
      for (const other of block.candidates(hashes)) {
        const edits = editsBetween(word, this.#words[other] ?? "", editsMax);
        if (edits <= editsMax) found.push({ word: other, edits });
      }
    }
    return found;
  }
}

/** Some thousand words under the hashes of their remainders: chains of entries through one array. */
class Block {
  readonly first: number;
  readonly capacity: number;
  /** Per hash the last entry, counted from 1. */
  readonly #heads: Uint32Array;
  /** The entry before in its chain, and the word: 18 and 13 bits. */
  #entries = new Uint32Array(1024);
  #size = 0;

  constructor(first: number, capacity: number) {
    this.first = first;
    this.capacity = capacity;
    this.#heads = new Uint32Array(capacity * 16);
  }

  add(word: number, text: string): void {
    const mask = this.#heads.length - 1;
    for (const hash of remainderHashes(text, nearEditsMax)) {
      if (this.#size === this.#entries.length) this.#grow();
      const slot = hash & mask;
      this.#entries[this.#size++] = (((this.#heads[slot] ?? 0) << wordBits) | (word - this.first)) >>> 0;
      this.#heads[slot] = this.#size;
    }
  }

  candidates(hashes: Iterable<number>): Set<number> {
    const mask = this.#heads.length - 1;
    const words = new Set<number>();
    for (const hash of hashes) {
      for (let entry = this.#heads[hash & mask] ?? 0; entry > 0; ) {
        const packed = this.#entries[entry - 1] ?? 0;
        words.add(this.first + (packed & wordMask));
        entry = packed >>> wordBits;
      }
    }
    return words;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#entries.length * 2);
    larger.set(this.#entries);
    this.#entries = larger;
  }
}

/** A hash for each remainder of a word's first letters with up to `deleted` of them left out. */
function remainderHashes(word: string, deleted: number): Set<number> {
  const length = Math.min(word.length, keyLength);
  const hashes = new Set<number>();
  hashes.add(hashWithout(word, length, [-1, -1]));
  for (let first = 0; first < length && deleted > 0; first++) {
    hashes.add(hashWithout(word, length, [first, -1]));
    for (let second = first + 1; second < length && deleted > 1; second++)
      hashes.add(hashWithout(word, length, [first, second]));
  }
  return hashes;
}

/** FNV-1a over UTF-16 units, mixed so that its low bits serve as a place. */
function hashWithout(word: string, length: number, [first, second]: readonly [number, number]): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < length; i++) {
    if (i !== first && i !== second) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}
