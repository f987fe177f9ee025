import { asBuffer } from "../protocol/bytes.ts";
import { startOf } from "./ends.ts";
import { newUint8, newUint32 } from "./shared-arrays.ts";
import { bytesOf, type StringBytes, writeString } from "./string-bytes.ts";

/**
 * Distinct strings numbered from 0, found by hash: UTF-8 bytes end to end, where each ends, and an open-addressed
 * table of number + 1, with as many bits of the hash above it as there is room for. Plain typed arrays, so that a thread
 * hands one over without copying and opening it costs nothing.
 */
export type DictionaryData = StringBytes & { table: Uint32Array };

const shortBytes = 24;
/** How full a table is. */
const fillShare = 0.7;
/** Where strings are put together to be decoded. */
const together = Buffer.alloc(4096);
/** So many at most; where each of them begins and ends meanwhile. */
const togetherMax = 512;
const from = new Uint32Array(togetherMax);
const to = new Uint32Array(togetherMax);

/** FNV-1a over bytes, with a final mix so that its upper bits spread. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}

/** A dictionary of strings that are already distinct; their places in the list are their numbers. */
export function buildDictionary(strings: readonly string[]): DictionaryData {
  return dictionaryOf(bytesOf(strings));
}

/** The same of strings that are bytes already. */
export function dictionaryOf(strings: StringBytes): DictionaryData {
  const { bytes, ends } = segmentStrings(strings);
  return { bytes, ends, table: hashTable(bytes, ends) };
}

/** A copy of strings for a segment, to be read by their numbers but not found. */
export function segmentStrings(strings: StringBytes): StringBytes {
  const bytes = newUint8(strings.bytes.length);
  bytes.set(strings.bytes);
  const ends = newUint32(strings.ends.length);
  ends.set(strings.ends);
  return { bytes, ends };
}

/** A table as large as it has to be, not the next power of two: a third less memory for most. */
function hashTable(bytes: Uint8Array, ends: Uint32Array): Uint32Array {
  const table = newUint32(Math.ceil(ends.length / fillShare) + 1);
  const bits = numberBits(ends.length);
  let start = 0;
  for (let number = 0; number < ends.length; number++) {
    const end = ends[number] ?? 0;
    const hash = hashBytes(bytes, start, end);
    let slot = firstSlot(hash, table.length);
    while (table[slot] !== 0) slot = slot + 1 === table.length ? 0 : slot + 1;
    table[slot] = (hash << bits) | (number + 1);
    start = end;
  }
  return table;
}

/** How many of a slot's bits the numbers take. */
function numberBits(strings: number): number {
  return 32 - Math.clz32(strings);
}

/** Where a hash is looked for first: its upper bits, spread over the slots. */
function firstSlot(hash: number, slots: number): number {
  return Math.floor((hash / 2 ** 32) * slots);
}

/** A string's bytes and hash, made once to be looked up in many dictionaries. `bytes` is only lent. */
export type LookupKey = { bytes: Uint8Array; start: number; end: number; hash: number };

const keysBytes = 4096;
/** Keys stand in it one after the other: an array for each would cost more than its hash. A full one is left to them. */
let keys = new Uint8Array(keysBytes);
let keysEnd = 0;

export function lookupKey(string: string): LookupKey {
  const sizeBytesMax = string.length * 3;
  if (keysEnd + sizeBytesMax > keys.length) {
    keys = new Uint8Array(Math.max(keysBytes, sizeBytesMax));
    keysEnd = 0;
  }
  const [bytes, start] = [keys, keysEnd];
  keysEnd = writeString(bytes, start, string);
  return { bytes, start, end: keysEnd, hash: hashBytes(bytes, start, keysEnd) };
}

/** Reads a dictionary. */
export class Dictionary {
  // Each at hand by itself: on the way from object to object every step waits for memory.
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;
  readonly #table: Uint32Array;
  readonly #numberBits: number;
  readonly #buffer: Buffer;

  constructor({ bytes, ends, table }: DictionaryData) {
    this.#bytes = bytes;
    this.#ends = ends;
    this.#table = table;
    this.#numberBits = numberBits(ends.length);
    this.#buffer = asBuffer(bytes);
  }

  get size(): number {
    return this.#ends.length;
  }

  get sizeBytes(): number {
    return this.#bytes.byteLength + this.#ends.byteLength + this.#table.byteLength;
  }

  /** Short ASCII strings, as ids and terms mostly are, are put together here: decoding takes three times as long. */
  text(number: number): string {
    const [bytes, ends] = [this.#bytes, this.#ends];
    const start = startOf(ends, number);
    const end = ends[number] ?? 0;
    if (end - start > shortBytes) return this.#buffer.toString("utf8", start, end);
    let text = "";
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const a = bytes[at] ?? 0;
      const b = bytes[at + 1] ?? 0;
      const c = bytes[at + 2] ?? 0;
      const d = bytes[at + 3] ?? 0;
      if ((a | b | c | d) > 0x7f) return this.#buffer.toString("utf8", start, end);
      text += String.fromCharCode(a, b, c, d);
    }
    for (; at < end; at++) {
      const code = bytes[at] ?? 0;
      if (code > 0x7f) return this.#buffer.toString("utf8", start, end);
      text += String.fromCharCode(code);
    }
    return text;
  }

  /** The strings of some numbers, in their order: short ASCII ones are decoded together, a call for all of them. */
  texts(numbers: readonly number[]): string[] {
    const [bytes, ends] = [this.#bytes, this.#ends];
    const count = numbers.length;
    if (count > togetherMax) return numbers.map((other) => this.text(other));
    // In loops that do little else: memory far apart is fetched side by side then.
    for (let i = 0; i < count; i++) {
      const number = numbers[i] ?? 0;
      from[i] = startOf(ends, number);
      to[i] = ends[number] ?? 0;
    }
    let seen = 0;
    let sizeBytes = 0;
    for (let i = 0; i < count; i++) {
      seen |= bytes[from[i] ?? 0] ?? 0;
      sizeBytes += (to[i] ?? 0) - (from[i] ?? 0);
    }
    if (sizeBytes > together.length) return numbers.map((other) => this.text(other));
    const sizes: number[] = [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      const end = to[i] ?? 0;
      for (let place = from[i] ?? 0; place < end; place++) {
        const byte = bytes[place] ?? 0;
        seen |= byte;
        together[at++] = byte;
      }
      sizes.push(end - (from[i] ?? 0));
    }
    if (seen > 0x7f) return numbers.map((other) => this.text(other));
    const text = together.toString("latin1", 0, at);
    let end = 0;
    return sizes.map((size) => {
      end += size;
      return text.slice(end - size, end);
    });
  }

  keyOf(number: number): LookupKey {
    const [bytes, ends] = [this.#bytes, this.#ends];
    const start = startOf(ends, number);
    const end = ends[number] ?? 0;
    return { bytes, start, end, hash: hashBytes(bytes, start, end) };
  }

  /** The number of a string, or -1. Strings whose hashes differ in the bits that a slot has room for are not read. */
  find(key: LookupKey): number {
    const table = this.#table;
    const bits = this.#numberBits;
    const tagged = key.hash << bits;
    for (let slot = firstSlot(key.hash, table.length); ; slot = slot + 1 === table.length ? 0 : slot + 1) {
      const held = table[slot] ?? 0;
      if (held === 0) return -1;
      if ((held ^ tagged) >>> bits !== 0) continue;
      const number = ((held ^ tagged) >>> 0) - 1;
      if (this.#equals(number, key)) return number;
    }
  }

  #equals(number: number, key: LookupKey): boolean {
    const [bytes, ends] = [this.#bytes, this.#ends];
    const start = startOf(ends, number);
    const length = key.end - key.start;
    if ((ends[number] ?? 0) - start !== length) return false;
    for (let i = 0; i < length; i++) {
      if (bytes[start + i] !== key.bytes[key.start + i]) return false;
    }
    return true;
  }
}
