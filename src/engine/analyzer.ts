import type { IndexSettings } from "../protocol/settings.ts";
import { fold } from "./folding.ts";
import { eachIdeograph, eachPairAndIdeograph, type TakePart } from "./ideographs.ts";
import { type LanguageRules, languageRules } from "./languages.ts";
import { numberIn } from "./number-in.ts";
import { eachWord } from "./segmentation.ts";
import { WordCache } from "./word-cache.ts";

/**
 * One indexed word. `term` is what is looked up, `folded` the word before stemming, `position` counts words (a stop
 * word leaves a gap), `start` and `end` are UTF-16 offsets into the text.
 */
export type Token = { term: string; folded: string; position: number; start: number; end: number };

/**
 * A word that is no stop word: its term, and itself before stemming, folded. Both are numbered, each from 0 in the order
 * in which they first came since the analyzer last forgot its words.
 */
export type Word = { term: string; folded: string; termNumber: number; foldedNumber: number };

/**
 * Turns text into terms: the same text gives the same terms on every machine. A document has more of them than a query
 * where words stand within others (`cjk`'s ideographs within their pairs): they are found, and not asked for.
 */
export type Analyzer = {
  /** Every word of a query that is not a stop word, in order, at the positions that a document would have it. */
  analyze(text: string): Token[];
  /** The terms of `analyze` alone, with repetitions. */
  terms(text: string): string[];
  /** Every word of a document's text that is not a stop word, in order. */
  documentTokens(text: string): Token[];
  /** The words of `documentTokens` with their positions, one by one; none is forgotten meanwhile. */
  eachTerm(text: string, take: (word: Word, position: number) => void): void;
  /** Forgets all words where they have become too many; answers how often that has been done. */
  makeRoom(): number;
  /** The last word of the text, folded, even where it is a stop word: while it is typed it may become another. */
  lastWord(text: string): Omit<Token, "position"> | undefined;
  /** The term of one word that is already folded, or "" where it is a stop word. */
  termOf(folded: string): string;
};

/** Longer words are cut, once they are folded: nobody types them, and they are mostly encoded data. */
const longestWord = 128;
const rememberedWordsMax = 1 << 16;

/**
 * The analyzer of an index's language, with its own stop words where the settings name some. It remembers the words of
 * up to `wordsMax` spellings, at some 250 bytes each.
 */
export function createAnalyzer(
  settings: Pick<IndexSettings, "language" | "stopWords">,
  wordsMax = rememberedWordsMax,
): Analyzer {
  const rules = languageRules(settings.language);
  const stopWords = new Set(settings.stopWords === undefined ? rules.stopWords.map(fold) : ownStopWords(settings));
  const eachPart = settings.language === "cjk" ? eachPairAndIdeograph : eachIdeograph;
  let words = new WordCache<Word>();
  const termNumbers = new Map<string, number>();
  const foldedNumbers = new Map<string, number>();
  let forgotten = 0;

  const termOf = (folded: string): string => (folded === "" || stopWords.has(folded) ? "" : stem(rules, folded));

  const wordOf = (text: string, start: number, end: number): Word => {
    const known = words.get(text, start, end);
    if (known !== undefined) return known;
    const raw = copied(text.slice(start, end));
    const folded = bare(rules, cut(fold(raw)));
    const term = termOf(folded);
    const word = {
      term,
      folded,
      termNumber: numberIn(termNumbers, term),
      foldedNumber: numberIn(foldedNumbers, folded),
    };
    if (raw.length <= longestWord) words.add(raw, word);
    return word;
  };

  const makeRoom = (): number => {
    // Words too long to be kept are numbered all the same.
    if (words.size < wordsMax && foldedNumbers.size < wordsMax) return forgotten;
    words = new WordCache();
    termNumbers.clear();
    foldedNumbers.clear();
    return ++forgotten;
  };

  const each = (text: string, take: TakePart): void => {
    eachWord(
      text,
      (start, end) => take(start, end, false),
      (start, end) =>
        eachPart(text.slice(start, end), (from, to, isWithin) => take(start + from, start + to, isWithin)),
    );
  };

  const tokens = (text: string, wantsWithin: boolean): Token[] => {
    makeRoom();
    const found: Token[] = [];
    let position = 0;
    each(text, (start, end, isWithin) => {
      if (wantsWithin || !isWithin) {
        const { term, folded } = wordOf(text, start, end);
        if (term !== "") found.push({ term, folded, position, start, end });
      }
      position++;
    });
    return found;
  };

  return {
    analyze: (text) => tokens(text, false),
    terms: (text) => tokens(text, false).map(({ term }) => term),
    documentTokens: (text) => tokens(text, true),
    eachTerm(text, take) {
      let position = 0;
      each(text, (start, end) => {
        const word = wordOf(text, start, end);
        if (word.term !== "") take(word, position);
        position++;
      });
    },
    makeRoom,
    lastWord(text) {
      makeRoom();
      let last: { start: number; end: number } | undefined;
      each(text, (start, end, isWithin) => {
        if (!isWithin) last = { start, end };
      });
      if (last === undefined) return undefined;
      const { folded, term } = wordOf(text, last.start, last.end);
      return { folded, term, ...last };
    },
    termOf,
  };
}

/** An index's own stop words, as text has them. What is several words, or none, cannot be one. */
function ownStopWords({ language, stopWords = [] }: Pick<IndexSettings, "language" | "stopWords">): string[] {
  if (stopWords.length === 0) return [];
  const analyzer = createAnalyzer({ language, stopWords: [] });
  return stopWords.flatMap((entry) => {
    const [word, ...others] = analyzer.analyze(entry);
    return word === undefined || others.length > 0 ? [] : [word.folded];
  });
}

/** What is cut out of a text may keep the whole text in memory. */
function copied(part: string): string {
  return part.split("").join("");
}

function cut(folded: string): string {
  if (folded.length <= longestWord) return folded;
  const end = folded.charCodeAt(longestWord - 1) >> 10 === 0x36 ? longestWord - 1 : longestWord;
  return folded.slice(0, end);
}

/** A folded word without what an apostrophe ties to it. */
function bare(rules: LanguageRules, folded: string): string {
  const apostrophe = folded.indexOf("'");
  if (apostrophe < 0) return folded;
  if (rules.possessive !== undefined && folded.endsWith(rules.possessive)) {
    return folded.slice(0, -rules.possessive.length);
  }
  return rules.elisions.includes(folded.slice(0, apostrophe)) ? folded.slice(apostrophe + 1) : folded;
}

function stem(rules: LanguageRules, folded: string): string {
  const ending = rules.accented.find(([plain]) => folded.length > plain.length + 1 && folded.endsWith(plain));
  const word = ending === undefined ? folded : folded.slice(0, -ending[0].length) + ending[1];
  const stemmed = rules.stem(word);
  return stemmed === "" ? folded : fold(stemmed);
}
