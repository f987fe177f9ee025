import { NearWords } from "./near-words.ts";
import { SortedWords } from "./sorted-words.ts";

/** What the vocabulary asks of the index's terms and words, which are numbered together. */
export type TermBook = {
  /** The number of a term, which it is given at first sight. */
  numberOf(term: string): number;
  termAt(number: number): string;
  /** In how many live documents the term or word stands. */
  frequencyAt(number: number): number;
  /** Names the statistics that frequencies come from. */
  readonly epoch: string;
};

/** A word that stands in the documents, and the term that it is found by. */
export type KnownWord = { word: string; term: string; frequency: number };

/** The terms that begin with a prefix, and in how many documents those stand that were left out, each by itself. */
export type Beginning = { terms: readonly string[]; documentsLeftOut: number };

/** So many terms are remembered under the prefixes that begin them, a prefix being worth as many as take its memory. */
const memoTermsMax = 1 << 18;
const lettersPerTerm = 4;

/**
 * The words of an index as they are written (folded), beside the terms they became: what a prefix begins and what a
 * typing error was meant as can only be told by whole words. A word is forgotten never, but there only while it stands
 * in a live document itself: that its term does is not enough, or answers would depend on what has been deleted.
 */
export class Vocabulary {
  readonly #book: TermBook;
  readonly #termOf: (word: string) => string;
  readonly #words: string[] = [];
  /** Of each word its own number in the book, and its term's. */
  #bookNumbers = new Uint32Array(1024);
  #termNumbers = new Uint32Array(1024);
  readonly #sorted = new SortedWords(this.#words);
  readonly #near = new NearWords(this.#words);
  readonly #memo = new Map<string, Beginning>();
  #memoTerms = 0;
  #memoEpoch = "";

  constructor(book: TermBook, termOf: (word: string) => string) {
    this.#book = book;
    this.#termOf = termOf;
  }

  get size(): number {
    return this.#words.length;
  }

  /** Takes up a folded word that it has not been told of before, by its number in the book. */
  add(word: string, bookNumber: number): void {
    const term = this.#termOf(word);
    if (term === "") return;
    const number = this.#words.length;
    this.#words.push(word);
    if (number === this.#termNumbers.length) this.#grow();
    this.#bookNumbers[number] = bookNumber;
    this.#termNumbers[number] = this.#book.numberOf(term);
    this.#sorted.add(number);
    this.#near.add(number);
  }

  /** The terms of the words that begin with a prefix: the `countMax` most frequent, then by the term itself. */
  beginning(prefix: string, countMax: number): Beginning {
    const { epoch } = this.#book;
    if (epoch !== this.#memoEpoch || this.#memoTerms >= memoTermsMax) {
      this.#memo.clear();
      this.#memoTerms = 0;
    }
    this.#memoEpoch = epoch;
    const key = `${countMax} ${prefix}`;
    const known = this.#memo.get(key);
    if (known !== undefined) return known;
    const found = this.#findBeginning(prefix, countMax);
    this.#memo.set(key, found);
    // What begins nothing is remembered too, and takes about as much.
    this.#memoTerms += 32 + Math.ceil(key.length / lettersPerTerm) + found.terms.length;
    return found;
  }

  /** The words within some edits of one: the nearest first, then the most frequent, then by the word itself. */
  near(word: string, editsMax: number, countMax: number): (KnownWord & { edits: number })[] {
    return this.#near
      .near(word, editsMax)
      .filter((found) => this.#isAlive(found.word))
      .map((found) => ({ ...this.#describe(found.word), edits: found.edits }))
      .sort((a, b) => a.edits - b.edits || b.frequency - a.frequency || (a.word < b.word ? -1 : 1))
      .slice(0, countMax);
  }

  #isAlive(number: number): boolean {
    return this.#book.frequencyAt(this.#bookNumbers[number] ?? 0) > 0;
  }

  #describe(number: number): KnownWord {
    const term = this.#termNumbers[number] ?? 0;
    return {
      word: this.#words[number] ?? "",
      term: this.#book.termAt(term),
      frequency: this.#book.frequencyAt(term),
    };
  }

  #findBeginning(prefix: string, countMax: number): Beginning {
    const numbers = new Set<number>();
    this.#sorted.eachBeginning(prefix, (word) => {
      if (this.#isAlive(word)) numbers.add(this.#termNumbers[word] ?? 0);
    });
    const found: { number: number; frequency: number }[] = [];
    let documentsLeftOut = 0;
    for (const number of numbers) {
      const frequency = this.#book.frequencyAt(number);
      if (frequency > 0) found.push({ number, frequency });
      documentsLeftOut += frequency;
    }
    const least = found.length > countMax ? kthLargest(found, countMax) : 1;
    const taken = found
      .filter(({ frequency }) => frequency >= least)
      .map(({ number, frequency }) => ({ term: this.#book.termAt(number), frequency }))
      .sort((a, b) => b.frequency - a.frequency || (a.term < b.term ? -1 : 1))
      .slice(0, countMax);
    for (const { frequency } of taken) documentsLeftOut -= frequency;
    return { terms: taken.map(({ term }) => term), documentsLeftOut };
  }

  #grow(): void {
    this.#bookNumbers = doubled(this.#bookNumbers);
    this.#termNumbers = doubled(this.#termNumbers);
  }
}

function doubled(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}

function kthLargest(found: readonly { frequency: number }[], k: number): number {
  return Uint32Array.from(found, ({ frequency }) => frequency).sort()[found.length - k] ?? 1;
}
