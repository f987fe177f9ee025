import { seededRandom } from "../../src/time.ts";

/** What a document of a stamp says: its id and stamp decide every letter, so that half of one is seen at once. */
export type CrashDocument = { id: string; stamp: number; title: string; body: string; shelf: string; year: number };

export const crashIndex = "crash";
export const crashFields = {
  title: { type: "text", boost: 2 },
  body: { type: "text" },
  shelf: { type: "keyword" },
  year: { type: "number" },
};

export const vocabulary = 60;
const titleWords = 3;
const bodyWords = 12;
/** One document in so many is long: writing it takes several pages of a disk and several packets. */
const longShare = 0.04;
const longWords = 8_000;

export function wordAt(place: number): string {
  return `wort${place}`;
}

export function documentOf(id: string, stamp: number): CrashDocument {
  const random = seededRandom(seedOf(`${id}@${stamp}`));
  // Common words and rare ones, as texts have them.
  const word = (): string => wordAt(Math.floor(random.next() ** 2 * vocabulary));
  const isLong = random.next() < longShare;
  const words = (count: number): string => Array.from({ length: count }, word).join(" ");
  return {
    id,
    stamp,
    title: words(titleWords),
    body: words(isLong ? longWords : bodyWords),
    shelf: `shelf ${Math.floor(random.next() * 5)}`,
    year: 1900 + Math.floor(random.next() * 100),
  };
}

/** FNV-1a. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
