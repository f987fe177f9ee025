import { type HedgerowError, invalidAt } from "../errors.ts";
import { lookupsMax, type PlanTerm, planClausesMax, planTermsMax, typingTermsMax } from "../protocol/plan.ts";
import { inverseDocumentFrequency } from "../protocol/plan-numbers.ts";
import { type SearchBody, searchDefaults } from "../protocol/search-request.ts";
import type { PlanContext } from "./context.ts";
import type { Occur } from "./parse.ts";

/** A word that the index does not hold, and the words of the index that it was taken for, the best first. */
export type Correction = { from: string; to: string[] };

/**
 * A prefix's place in the query; `isTyping`: it is a word that is not finished, not one that ends with a `*`. `isQuoted`:
 * it is not corrected where it begins nothing.
 */
export type PrefixUse = { occur: Occur; typed: string; isTyping: boolean; isQuoted: boolean };

/** The same of a prefix that ends an excluded phrase; `before` are the phrase's other terms. */
export type PhraseEnd = Pick<PrefixUse, "typed" | "isTyping"> & { before: readonly string[] };

type NearWords = ReturnType<PlanContext["vocabulary"]["near"]>;

/** A word of the query: its term, and how it is written, folded. */
export type QueryWord = { term: string; folded: string };

/** A prefix stands for terms of so many letters in all: long ones would make the plan larger than leaves take. */
const prefixLettersMax = 1 << 18;
/** A misspelt word stands for at most this many words. */
export const correctedWordsMax = 8;

/** What an expansion is worth beside the word that was typed. */
const prefixShare = 0.75;
const synonymShare = 0.9;

/**
 * Says which terms a word of the query stands for, as alternatives of which the best counts:
 * - a word: its term and the terms of its synonyms, these at 0.9 of its weight;
 * - a prefix: the terms of all words that begin with it, as far as the plan has room for them, the most frequent first;
 *   what the typed letters stand for as a word counts as it would there, the others 0.75. Of a word that is still being
 *   typed at most `typingTermsMax`, which keeps the first letters' answers fast; how much that leaves out is told;
 * - a word whose term stands nowhere: the nearest words by edits, at most `correctedWordsMax`, each at 1 / (1 + edits);
 *   of such words only the first `lookupsMax`, each looked up once.
 * All alternatives are weighed as if they were as frequent as the most frequent of them: otherwise the rarest, which is
 * hardly ever the one that was meant, would win. Throws `invalid_query` once that is more terms than leaves take.
 */
export class Expander {
  readonly corrections: Correction[] = [];
  /**
   * No more documents than these hold one of the terms that a prefix begins but that the plan had no room for: they are
   * not found although they are meant, or found although they are excluded.
   */
  documentsLeftOut = 0;
  readonly #context: PlanContext;
  readonly #typos: NonNullable<SearchBody["typos"]>;
  /** What has been looked up, by the word as it is folded. */
  readonly #near = new Map<string, NearWords>();
  #termsGiven = 0;

  constructor(context: PlanContext, typos: SearchBody["typos"]) {
    this.#context = context;
    this.#typos = typos ?? searchDefaults.typos;
  }

  /** The alternatives for a whole word; `typed` is how the user wrote it. An excluded word is never corrected. */
  word(word: QueryWord, occur: Occur, typed: string): PlanTerm[] {
    const synonyms = this.#context.synonyms.get(word.term);
    const frequency = this.#frequency(word.term);
    // Most words: nothing to weigh them against.
    if (synonyms === undefined && frequency > 0) {
      this.#termsGiven++;
      return [{ term: word.term, weight: this.#weight(frequency) }];
    }
    const shares = this.#withSynonyms(word.term);
    const isKnown = [...shares.keys()].some((term) => this.#frequency(term) > 0);
    if (!isKnown && occur !== "excluded") this.#correct(word.folded, typed, shares);
    return this.#weigh(shares);
  }

  /**
   * The alternatives for the beginning of a word; none where it is but a stop word. Where it is excluded and the plan
   * has no room for all of them, what is left out would be found: then a word that is being typed stands for itself
   * alone, which is told, and one with a `*` throws `invalid_query`.
   */
  prefix(word: QueryWord, { occur, typed, isTyping, isQuoted }: PrefixUse): PlanTerm[] {
    const whole = [...this.#withSynonyms(word.term)];
    const shares = new Map(whole.filter(([term]) => this.#frequency(term) > 0));
    const termsMax = this.#roomFor(isTyping && occur !== "excluded" ? typingTermsMax : planTermsMax);
    const beginning = this.#context.vocabulary.beginning(word.folded, termsMax);
    let { documentsLeftOut } = beginning;
    let letters = 0;
    for (const term of beginning.terms) {
      letters += term.length;
      if (shares.has(term)) continue;
      if (shares.size < termsMax && letters <= prefixLettersMax) shares.set(term, prefixShare);
      else documentsLeftOut += this.#frequency(term);
    }
    const isWhole = documentsLeftOut === 0 || occur !== "excluded";
    if (!isWhole && !isTyping) throw tooManyExcluded(typed, shares.size);
    this.documentsLeftOut += documentsLeftOut;
    if (isWhole && shares.size > 0) return this.#weigh(shares);
    if (!isWhole) this.documentsLeftOut += this.#documentsWith(shares.keys());
    if (word.term === "") return [];
    return isQuoted ? [this.exact(word.term)] : this.word(word, occur, typed);
  }

  /**
   * The terms that may end an excluded phrase whose last word is a prefix: its own and all that it begins, each of which
   * makes a phrase of its own. Where the plan has no room for all of these, it is as with `prefix`.
   */
  phraseEnds(word: QueryWord, { typed, isTyping, before }: PhraseEnd): string[] {
    const endsMax = Math.max(1, Math.floor(this.#roomFor(planClausesMax - this.#termsGiven) / (before.length + 1)));
    const beginning = this.#context.vocabulary.beginning(word.folded, endsMax);
    const ends = new Set(this.#frequency(word.term) > 0 ? [word.term] : []);
    for (const term of beginning.terms) ends.add(term);
    // A phrase is written down twice, as its terms and as their order.
    const letters = 2 * (lettersOf([...ends]) + ends.size * lettersOf(before));
    const isWhole = beginning.documentsLeftOut === 0 && ends.size <= endsMax && letters <= prefixLettersMax;
    if (!isWhole && !isTyping) throw tooManyExcluded(typed, endsMax);
    if (!isWhole) this.documentsLeftOut += beginning.documentsLeftOut + this.#documentsWith(ends);
    return isWhole && ends.size > 0 ? [...ends] : [word.term];
  }

  /** How many terms there is room for, where some are wanted. */
  #roomFor(wanted: number): number {
    return Math.max(1, Math.min(wanted, Math.min(this.#context.termsMax, planTermsMax) - this.#termsGiven));
  }

  /** A term as it is. */
  exact(term: string): PlanTerm {
    this.#termsGiven++;
    return { term, weight: this.#weight(this.#frequency(term)) };
  }

  #withSynonyms(term: string): Map<string, number> {
    const shares = new Map([[term, 1]]);
    for (const other of this.#context.synonyms.get(term) ?? []) shares.set(other, synonymShare);
    return shares;
  }

  #correct(folded: string, typed: string, shares: Map<string, number>): void {
    const near = this.#near.get(folded) ?? this.#lookUp(folded, typed);
    if (near.length === 0) return;
    shares.clear();
    for (const { term, edits } of near) if (!shares.has(term)) shares.set(term, 1 / (1 + edits));
  }

  #lookUp(folded: string, typed: string): NearWords {
    const editsMax = this.#typos === "auto" ? editsAllowed(folded) : this.#typos;
    if (editsMax === 0 || this.#near.size >= lookupsMax) return [];
    const near = this.#context.vocabulary.near(folded, editsMax, correctedWordsMax);
    this.#near.set(folded, near);
    if (near.length > 0) this.corrections.push({ from: typed, to: near.map(({ word }) => word) });
    return near;
  }

  #weigh(shares: ReadonlyMap<string, number>): PlanTerm[] {
    let frequency = 0;
    for (const term of shares.keys()) frequency = Math.max(frequency, this.#frequency(term));
    const weight = this.#weight(frequency);
    this.#termsGiven += shares.size;
    // At once: a word that is written a thousand times, each time with a hundred synonyms, takes its time.
    if (this.#termsGiven > planTermsMax) throw tooManyMeant();
    return [...shares].map(([term, share]) => ({ term, weight: weight * share }));
  }

  /** No fewer documents than hold one of the terms. */
  #documentsWith(terms: Iterable<string>): number {
    let documents = 0;
    for (const term of terms) documents += this.#frequency(term);
    return documents;
  }

  #weight(frequency: number): number {
    return inverseDocumentFrequency(this.#context.statistics.current.documents, frequency);
  }

  #frequency(term: string): number {
    return this.#context.statistics.frequency(term);
  }
}

function lettersOf(terms: readonly string[]): number {
  return terms.reduce((sum, { length }) => sum + length, 0);
}

function tooManyExcluded(prefix: string, termsMax: number): HedgerowError {
  const detail = `"${prefix}*" begins more than the ${termsMax} terms that there is room for, and what is excluded must be so as a whole; write more of the word`;
  return invalidAt("/query", detail, "invalid_query");
}

function tooManyMeant(): HedgerowError {
  const detail = `the query stands for more than ${planTermsMax} terms with its synonyms, which is all that leaves take; leave words out`;
  return invalidAt("/query", detail, "invalid_query");
}

/** How many edits a word of this length is allowed: the shorter, the more it takes to be another word. */
function editsAllowed(folded: string): number {
  const letters = [...folded].length;
  return letters <= 3 ? 0 : letters <= 7 ? 1 : 2;
}
