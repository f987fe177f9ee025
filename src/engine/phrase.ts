import type { PlanClause } from "../protocol/plan.ts";
import { lookupKey } from "./dictionary.ts";
import type { TermLookup } from "./piece.ts";

/** A phrase with everything worked out that no piece changes. */
export type PreparedPhrase = {
  /** Its distinct terms. */
  terms: readonly TermLookup[];
  /** For each of its words in order: the place in `terms`, and the distance from the first word. */
  words: readonly { term: number; offset: number }[];
  /** The weight of each text field; it must stand in one that has any. */
  boosts: readonly number[];
};

/** Prepares a clause's phrase, whose terms are the clause's, in its order. */
export function preparePhrase(
  phrase: NonNullable<PlanClause["phrase"]>,
  terms: readonly string[],
  boosts: readonly number[],
): PreparedPhrase {
  const first = Math.min(...phrase.map(({ offset }) => offset));
  const words = phrase.map(({ term, offset }) => ({ term: terms.indexOf(term), offset: offset - first }));
  words.sort((a, b) => a.offset - b.offset);
  return { terms: terms.map((term) => ({ term, key: lookupKey(term) })), words, boosts };
}

const basesMax = 2 ** 30;

/**
 * Finds a phrase in a stream of its terms. What matters is how far words stand apart, so positions only ever grow, and a
 * ring as long as the phrase is wide has room for every beginning that can still become one.
 */
export class PhraseMatcher {
  readonly #words: PreparedPhrase["words"];
  /** For each term the places of the phrase where it stands, ascending. */
  readonly #placesOf: readonly (readonly number[])[];
  readonly #width: number;
  /** Where a phrase may have begun, and how many of its words have followed. */
  readonly #beginnings: Float64Array;
  readonly #followed: Uint32Array;
  #position = 0;

  constructor({ terms, words }: PreparedPhrase) {
    this.#words = words;
    this.#placesOf = terms.map((_lookup, term) => words.flatMap((word, place) => (word.term === term ? [place] : [])));
    this.#width = (words.at(-1)?.offset ?? 0) + 1;
    this.#beginnings = new Float64Array(this.#width).fill(-1);
    this.#followed = new Uint32Array(this.#width);
  }

  /** Begins another text. */
  begin(): void {
    this.#position += 2 * this.#width;
    if (this.#position < basesMax) return;
    this.#position = 2 * this.#width;
    this.#beginnings.fill(-1);
  }

  /** Passes over a gap and comes to the next token. */
  move(gap: number): void {
    this.#position += 1 + Math.min(gap, this.#width);
  }

  /** The token is one of the phrase's terms; answers whether it completes the phrase. */
  take(term: number): boolean {
    for (const place of this.#placesOf[term] ?? []) {
      const beginning = this.#position - (this.#words[place]?.offset ?? 0);
      const slot = beginning % this.#width;
      if (place === 0) {
        this.#beginnings[slot] = beginning;
        this.#followed[slot] = 1;
      } else if (this.#beginnings[slot] === beginning && this.#followed[slot] === place) {
        this.#followed[slot] = place + 1;
      } else {
        continue;
      }
      if (place === this.#words.length - 1) return true;
    }
    return false;
  }
}
