import { holds } from "./holders.ts";
import { KeptByTerm } from "./kept-by-term.ts";
import type { Postings } from "./postings.ts";
import { frequentTerms } from "./segment-data.ts";

/** How many documents a list holds: some more than a page has unless told otherwise, since some of them may die. */
export const championsMax = 16;
/** A shorter list of postings is read as fast as its champions are looked up. */
const postingsMin = 64;

/**
 * The documents of one piece in which one term is worth most, the best first; equal ones by number. The dead are not left
 * out. `below` is the most that any other is worth that is worth less than the last one here.
 */
export type Champions = { docs: readonly number[]; saturations: readonly number[]; below: number };

/** Where they are found, before they are kept: new segments have them made by the thousand. */
const bestDocs = new Uint32Array(championsMax);
const best = new Float64Array(championsMax);

/**
 * Champion lists (Brin and Page, 1998; Manning, Raghavan and Schuetze, "Introduction to Information Retrieval", 7.1.3) of one
 * piece under one weighing. They answer a query of one term outright, and tell one of several terms from the start what is
 * not worth scoring. Exact: a list only ever stands for what reading all the postings would have found.
 */
export type ChampionLists = KeptByTerm<Champions>;

/** About. */
const listBytes = championsMax * 24;

/** For a piece with these postings, its terms numbered by falling frequency. */
export function championLists(postingEnds: Uint32Array): ChampionLists {
  return new KeptByTerm(frequentTerms(postingEnds, postingsMin), findChampions);
}

/** Bytes held. */
export function championBytes(lists: ChampionLists): number {
  return lists.sizeBytes(listBytes);
}

/** Reads all postings once, keeping the best in a sorted list: after the first few hardly any gets in. */
export function findChampions({ docs, codes, start, end, saturation }: Postings): Champions {
  let size = 0;
  let below = 0;
  for (let i = start; i < end; i++) {
    const value = saturation[codes[i] ?? 0] ?? 0;
    if (value <= below) continue;
    if (size === championsMax) {
      const last = best[size - 1] ?? 0;
      if (value < last) below = value;
      if (value <= last) continue;
      size--;
      if (last < Math.min(value, best[size - 1] ?? 0)) below = last;
    }
    let place = size++;
    for (; place > 0 && (best[place - 1] ?? 0) < value; place--) {
      best[place] = best[place - 1] ?? 0;
      bestDocs[place] = bestDocs[place - 1] ?? 0;
    }
    best[place] = value;
    bestDocs[place] = docs[i] ?? 0;
  }
  const [found, saturations]: [number[], number[]] = [[], []];
  for (let place = 0; place < size; place++) {
    found.push(bestDocs[place] ?? 0);
    saturations.push(best[place] ?? 0);
  }
  return { docs: found, saturations, below };
}

/** What is left of a list once its dead are left out; `dead` has a bit for each document. */
export function livingChampions(champions: Champions, dead: Uint32Array): Champions {
  const { docs, saturations, below } = champions;
  let died = 0;
  for (const doc of docs) died += holds(dead, doc);
  if (died === 0) return champions;
  const left: { docs: number[]; saturations: number[] } = { docs: [], saturations: [] };
  for (let place = 0; place < docs.length; place++) {
    const doc = docs[place] ?? 0;
    if (holds(dead, doc) === 1) continue;
    left.docs.push(doc);
    left.saturations.push(saturations[place] ?? 0);
  }
  // Others may be worth as much as the last of the whole list was.
  const least = saturations.at(-1) ?? 0;
  return { ...left, below: left.saturations.at(-1) === least ? below : least };
}

/** What the `top`th best document is worth at least, by this term alone; 0 where that is not known. */
export function leastKept({ saturations }: Champions, weight: number, top: number): number {
  return top < 1 ? 0 : weight * (saturations[top - 1] ?? 0);
}

/**
 * Whether the best `top` documents of the piece are all in the list, where nothing but this term scores. Amounts that
 * differ may become equal once multiplied, and their documents rank by id then: where the last place kept is so shared,
 * only documents that are worth the same are known to stand in the list by their ids.
 */
export function holdsBest({ saturations, below }: Champions, weight: number, top: number): boolean {
  const last = saturations.at(-1);
  const kept = saturations[top - 1];
  if (last === undefined || kept === undefined) return false;
  const score = weight * kept;
  if (weight * last < score) return true;
  const above = saturations.findLast((saturation) => saturation > last);
  return weight * below < score && (above === undefined || weight * above > score);
}
