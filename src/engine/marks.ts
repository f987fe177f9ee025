import type { Analyzer, Token } from "./analyzer.ts";
import { PhraseMatcher, type PreparedPhrase } from "./phrase.ts";

/** A place in a text that made it match, in UTF-16 units; `what` names the word or phrase, `weight` says how much it is worth. */
export type Mark = { start: number; end: number; what: string; weight: number };

/** What is looked for in one field's texts. */
export type Wanted = {
  /** Terms by themselves, with their weights. */
  words: ReadonlyMap<string, number>;
  phrases: readonly { phrase: PreparedPhrase; weight: number }[];
};

/** Text analyzed between two pauses: well below a millisecond's work. */
const stretchLength = 1024;
/** Ideographs and kana are up to fifty times the work of letters: a stretch goes so far beyond the first of them. */
const ideographsLength = 128;
/** How far a stretch goes on for a place where nothing is cut in two. */
const searchedLength = 4096;
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
  for (const stretch of stretches(text, analyzer)) {
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

/**
 * A text's tokens, a stretch of it at a time, as if it were analyzed at once: each stretch but the first begins with the
 * last token of the one before, or with the first of several that end there, so that positions go on.
 */
function* stretches(text: string, analyzer: Analyzer): Generator<Token[]> {
  let from = 0;
  let position = 0;
  let goesOn = false;
  let beyondFirst = ideographsLength;
  while (from < text.length) {
    const to = stretchEnd(text, from, beyondFirst);
    const offset = from;
    const found = analyzer.documentTokens(text.slice(from, to));
    const [first] = found;
    // A pair may go on whose first ideograph is a stop word: that has a place before the pair's, and is no token.
    const shift: number = goesOn && first?.start === 0 ? position - first.position : position;
    const tokens = found.map((token) => ({
      ...token,
      position: token.position + shift,
      start: token.start + offset,
      end: token.end + offset,
    }));
    const last = to < text.length ? firstOfLast(tokens) : undefined;
    if (last?.start === from && beyondFirst < searchedLength) {
      beyondFirst *= 2;
      continue;
    }
    beyondFirst = ideographsLength;
    goesOn = last !== undefined && last.start !== from;
    if (last === undefined || last.start === from) {
      from = to;
      position = (tokens.at(-1)?.position ?? position) + 1;
    } else {
      from = last.start;
      position = last.position;
      while ((tokens.at(-1)?.start ?? -1) >= from) tokens.pop();
    }
    yield tokens;
  }
}

/** The first token of those that begin where one begins that ends with the last: what is cut off may go on with any of them. */
function firstOfLast(tokens: readonly Token[]): Token | undefined {
  const end = tokens.at(-1)?.end;
  const start = tokens.findLast((token, i) => token.end === end && tokens[i - 1]?.end !== end)?.start;
  return tokens.find((token) => token.start === start);
}

const ideograph = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\uff70]/u;

/** Where a stretch ends: soon behind its first ideograph; else at white space, if there is any near. */
function stretchEnd(text: string, from: number, beyondFirst: number): number {
  const first = text.slice(from, from + stretchLength).search(ideograph);
  const end = from + (first < 0 ? stretchLength : first + beyondFirst);
  if (end >= text.length) return text.length;
  if (first < 0) {
    for (let at = end; at < end + searchedLength && at < text.length; at++) if (/\s/u.test(text[at] ?? "")) return at;
  }
  const isCut = (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return isCut ? end + 1 : end;
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
