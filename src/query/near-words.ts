import { editsBetween, editsBetweenLetters } from "./edits.ts";

/** Only this many first letters of a word are looked up by; the rest is compared. */
const keyLength = 7;
/** The most edits that `near` finds. */
const nearEditsMax = 2;

const smallestBlock = 512;
const largestBlock = 8192;
const wordBits = 13;
const wordMask = (1 << wordBits) - 1;

export type NearWord = { word: number; edits: number };

/**
 * Finds the words within two edits of another by symmetric deletion (Garbe's SymSpell): two words that are near have
 * something in common once at most two letters are deleted from the beginning of each. Words are filed under each of
 * these remainders in blocks of bounded size, so that adding one never rebuilds anything. Some 190 bytes a word.
 */
export class NearWords {
  readonly #words: readonly string[];
  readonly #blocks: Block[] = [];
  /** Per word its letters. */
  #lengths = new Uint8Array(smallestBlock);
  /** Per word the last look-up that has compared it. */
  #comparedIn = new Uint32Array(smallestBlock);
  #lookups = 0;

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
      this.#makeRoom(block.first + block.capacity);
    }
    const text = this.#words[word] ?? "";
    this.#lengths[word] = lettersIn(text);
    block.add(word, remainderHashes(text, nearEditsMax));
  }

  /** Every word within `editsMax` (at most `nearEditsMax`) edits of a word, in no order, the word itself among them. */
  near(word: string, editsMax: number): NearWord[] {
    const lookup = ++this.#lookups;
    const length = lettersIn(word);
    const isPlain = length === word.length;
    const found: NearWord[] = [];
    const compare = (other: number): void => {
      if (this.#comparedIn[other] === lookup) return;
      this.#comparedIn[other] = lookup;
      const otherLength = this.#lengths[other] ?? 0;
      if (Math.abs(otherLength - length) > editsMax) return;
      const text = this.#words[other] ?? "";
      const count = isPlain && otherLength === text.length ? editsBetween : editsBetweenLetters;
      const edits = count(word, text, editsMax);
      if (edits <= editsMax) found.push({ word: other, edits });
    };
    const hashes = remainderHashes(word, Math.min(editsMax, nearEditsMax));
    for (const block of this.#blocks) block.eachCandidate(hashes, compare);
    return found;
  }

  #makeRoom(words: number): void {
    const lengths = new Uint8Array(words);
    lengths.set(this.#lengths.subarray(0, words));
    this.#lengths = lengths;
    this.#comparedIn = new Uint32Array(words);
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

  add(word: number, hashes: Uint32Array): void {
    const mask = this.#heads.length - 1;
    for (const hash of hashes) {
      if (this.#size === this.#entries.length) this.#grow();
      const slot = hash & mask;
      this.#entries[this.#size++] = (((this.#heads[slot] ?? 0) << wordBits) | (word - this.first)) >>> 0;
      this.#heads[slot] = this.#size;
    }
  }

  /** Every word that may share a remainder, some more than once, and some others. */
  eachCandidate(hashes: Uint32Array, take: (word: number) => void): void {
    const mask = this.#heads.length - 1;
    for (let i = 0; i < hashes.length; i++) {
      for (let entry = this.#heads[(hashes[i] ?? 0) & mask] ?? 0; entry > 0; ) {
        const packed = this.#entries[entry - 1] ?? 0;
        take(this.first + (packed & wordMask));
        entry = packed >>> wordBits;
      }
    }
  }

  #grow(): void {
    const larger = new Uint32Array(this.#entries.length * 2);
    larger.set(this.#entries);
    this.#entries = larger;
  }
}

/** How many letters a word has, up to 255; as many as it has UTF-16 units where each of them takes one. */
function lettersIn(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length && letters < 255; letters++) at += unitsAt(word, at);
  return letters;
}

function unitsAt(word: string, at: number): 1 | 2 {
  return (word.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** The first letters of the word that is being hashed. */
const key = new Uint32Array(keyLength);
const remainders = new Uint32Array(1 + keyLength + (keyLength * (keyLength - 1)) / 2);

/** A hash for each remainder of a word's first letters with up to `deleted` of them left out; good until the next call. */
function remainderHashes(word: string, deleted: number): Uint32Array {
  const length = readKey(word);
  let size = 0;
  remainders[size++] = hashWithout(length);
  for (let first = 0; first < length && deleted > 0; first++) {
    // Of two letters that are the same, leaving out either leaves the same.
    if (first > 0 && key[first] === key[first - 1]) continue;
    remainders[size++] = hashWithout(length, first);
    for (let second = first + 1; second < length && deleted > 1; second++)
      remainders[size++] = hashWithout(length, first, second);
  }
  return remainders.subarray(0, size);
}

function readKey(word: string): number {
  let length = 0;
  for (let at = 0; at < word.length && length < keyLength; at += unitsAt(word, at))
    key[length++] = word.codePointAt(at) ?? 0;
  return length;
}

/** FNV-1a over the key's letters but two, mixed so that its low bits serve as a place. */
function hashWithout(length: number, first = -1, second = -1): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < length; i++) {
    if (i !== first && i !== second) hash = Math.imul(hash ^ (key[i] ?? 0), 0x01000193);
  }
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}
