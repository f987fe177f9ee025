import type { Analyzer, Token } from "./analyzer.ts";
import { PhraseMatcher, type PreparedPhrase } from "./phrase.ts";
import { tokensByStretches } from "./token-stretches.ts";

/** A place in a text that made it match, in UTF-16 units; `what` names the word or phrase, `weight` says how much it is worth. */
export type Mark = { start: number; end: number; what: string; weight: number };

/** What is looked for in one field's texts. */
export type Wanted = {
  /** Terms by themselves, with their weights. */
  words: ReadonlyMap<string, number>;
  phrases: readonly { phrase: PreparedPhrase; weight: number }[];
};

/** More marks than this in one text are not looked for: no fragment could show them. */
const marksMax = 1000;

/**
 * Finds what makes a text match, ascending. A phrase is one mark, from its first word to its last. Pauses (yields) after
 * every thousand characters, or every hundred that are written without spaces.
 */
export function* findMarks(text: string, wanted: Wanted, analyzer: Analyzer): Generator<void, Mark[]> {
  const marks: Mark[] = [];
  const phrases = wanted.phrases.map(({ phrase, weight }) => new PhraseMarks(phrase, weight));
  for (const phrase of phrases) phrase.begin();
  for (const stretch of tokensByStretches(text, analyzer)) {
    for (const token of stretch) {
      const weight = wanted.words.get(token.term);
      if (weight !== undefined) marks.push({ start: token.start, end: token.end, what: token.term, weight });
      for (const phrase of phrases) {
        const mark = phrase.take(token);
        if (mark !== undefined) marks.push(mark);
      }
    }
    if (marks.length > marksMax) break;
    yield;
  }
  return marks.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** Finds where one phrase stands. */
class PhraseMarks {
  readonly #phrase: PreparedPhrase;
  readonly #weight: number;
  readonly #matcher: PhraseMatcher;
  readonly #what: string;
  /** Where words stand that may begin the phrase, by position. */
  readonly #starts = new Map<number, number>();
  #last = -1;

  constructor(phrase: PreparedPhrase, weight: number) {
    this.#phrase = phrase;
    this.#weight = weight;
    this.#matcher = new PhraseMatcher(phrase);
    this.#what = phrase.words.map(({ term }) => phrase.terms[term]?.term).join(" ");
  }

  begin(): void {
    this.#matcher.begin();
  }

  take({ term, position, start, end }: Token): Mark | undefined {
    this.#matcher.move(position - this.#last - 1);
    this.#last = position;
    const place = this.#phrase.terms.findIndex((lookup) => lookup.term === term);
    if (place < 0) return undefined;
    const { words } = this.#phrase;
    if (words[0]?.term === place) this.#starts.set(position, start);
    if (!this.#matcher.take(place)) return undefined;
    const beginning = this.#starts.get(position - (words.at(-1)?.offset ?? 0)) ?? start;
    return { start: beginning, end, what: this.#what, weight: this.#weight };
  }
}
