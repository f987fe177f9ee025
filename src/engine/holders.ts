import { KeptByTerm } from "./kept-by-term.ts";
import type { Postings } from "./postings.ts";
import { frequentTerms } from "./segment-data.ts";

/** A term that fewer documents hold is read as fast as it is looked up. */
const postingsMin = 64;
/** Bits are kept for terms that at least one document in this many holds: they take at most four times what postings do. */
const documentsPerHolder = 128;
/** How many words of bits share one of the `places`. */
const blockWords = 4;

/**
 * Which documents of a piece hold a term, a bit each; and for each 128 of them where the first one's posting is, or would
 * be, so that a document's posting is found by counting a few bits ("rank", Jacobson, 1989).
 */
export type Holders = { bits: Uint32Array; places: Uint32Array };

/**
 * The holders of a segment's frequent terms: whether a document holds one is then known without reading the term's
 * postings. Together they take at most as many bytes as there are postings, times 20.
 */
export type HolderLists = KeptByTerm<Holders>;

/** For a segment of so many documents with these postings, its terms numbered by falling frequency. */
export function holderLists(documents: number, postingEnds: Uint32Array): HolderLists {
  const least = Math.max(postingsMin, Math.ceil(documents / documentsPerHolder));
  return new KeptByTerm(frequentTerms(postingEnds, least), (postings) => holdersOf(postings, documents));
}

/** Bytes held. */
export function holderBytes(lists: HolderLists, documents: number): number {
  const words = wordsFor(documents);
  return lists.sizeBytes((words + Math.ceil(words / blockWords)) * Uint32Array.BYTES_PER_ELEMENT);
}

/** Sets the bits of one term's documents. */
export function holdersOf({ docs, start, end }: Postings, documents: number): Holders {
  const bits = new Uint32Array(wordsFor(documents));
  const places = new Uint32Array(Math.ceil(bits.length / blockWords));
  let blocks = 0;
  for (let i = start; i < end; i++) {
    const doc = docs[i] ?? 0;
    const word = doc >>> 5;
    bits[word] = (bits[word] ?? 0) | (1 << (doc & 31));
    while (blocks * blockWords <= word) places[blocks++] = i;
  }
  return { bits, places };
}

/** Where the posting of a document is that holds the term. */
export function placeOf({ bits, places }: Holders, doc: number): number {
  const last = doc >>> 5;
  const block = Math.floor(last / blockWords);
  let place = places[block] ?? 0;
  for (let word = block * blockWords; word < last; word++) place += bitCount(bits[word] ?? 0);
  return place + bitCount((bits[last] ?? 0) & ~(-1 << (doc & 31)));
}

/** The bits of 32 that are set, summed in ever larger groups (Warren, "Hacker's Delight", 5-1). */
export function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** 1 where a document's bit is set, 0 where it is not. */
export function holds(bits: Uint32Array, doc: number): number {
  return ((bits[doc >>> 5] ?? 0) >>> (doc & 31)) & 1;
}

function wordsFor(documents: number): number {
  return (documents + 31) >>> 5;
}
