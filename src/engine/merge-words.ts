import { startOf } from "./ends.ts";
import { NumberList } from "./number-list.ts";
import type { Segment } from "./segment.ts";
import { StringTable } from "./string-table.ts";
import type { TokenOrderBuilder } from "./token-order.ts";
import type { DocumentWords } from "./word-layout.ts";

type WordSource = { segment: Segment; newTerms: Uint32Array };

/** All words of segments, and for each segment the new numbers of its words. */
export function mergedWords(
  sources: readonly WordSource[],
): Pick<DocumentWords, "strings" | "terms"> & { newWords: Uint32Array[] } {
  const table = new StringTable();
  const terms: number[] = [];
  const newWords = sources.map(({ segment, newTerms }) => {
    const { bytes, ends } = segment.data.words;
    return Uint32Array.from(ends, (end, word) => {
      const number = table.numberOf(bytes, startOf(ends, word), end);
      if (number === terms.length) terms.push(newTerms[segment.termOfWord(word)] ?? 0);
      return number;
    });
  });
  return { strings: table.strings, terms, newWords };
}

/** Where a segment's documents go: their tokens and their words, by new numbers. */
type Target = { newTerms: Uint32Array; newWords: Uint32Array; pairs: TokenOrderBuilder; held: NumberList };

/** Reads documents of one segment, whose words stand there only as far as they do not go without saying. */
export class WordReader {
  readonly #segment: Segment;
  readonly #target: Target;
  /** The terms of the document that is being read, each once. */
  readonly #terms = new NumberList();
  /** Per term the last document that has been found to hold it, and the last of which its words were told, plus one. */
  readonly #seenIn: Uint32Array;
  readonly #toldIn: Uint32Array;
  #doc = 0;

  constructor(segment: Segment, target: Target) {
    this.#segment = segment;
    this.#target = target;
    this.#seenIn = new Uint32Array(segment.terms.size);
    this.#toldIn = new Uint32Array(segment.terms.size);
  }

  read(doc: number): void {
    const { newWords, held } = this.#target;
    this.#doc = doc;
    this.#terms.clear();
    this.#segment.eachToken(doc, this.#take, this.#takeWord);
    for (let i = 0; i < this.#terms.size; i++) {
      const term = this.#terms.at(i);
      if (this.#toldIn[term] !== doc + 1) held.add(newWords[term] ?? 0);
    }
  }

  readonly #take = (term: number, gap: number): void => {
    const { newTerms, pairs } = this.#target;
    pairs.add(newTerms[term] ?? 0, gap);
    if (this.#seenIn[term] === this.#doc + 1) return;
    this.#seenIn[term] = this.#doc + 1;
    this.#terms.add(term);
  };

  readonly #takeWord = (word: number): void => {
    const { newWords, held } = this.#target;
    held.add(newWords[word] ?? 0);
    this.#toldIn[this.#segment.termOfWord(word)] = this.#doc + 1;
  };
}
