import type { Analyzer, Token } from "./analyzer.ts";

/** Text analyzed at once: well below a millisecond's work. */
const stretchLength = 1024;
/** Ideographs and kana are up to fifty times the work of letters: a stretch goes so far beyond the first of them. */
const ideographsLength = 128;
/** How far a stretch goes on for a place to be cut at, and grows for a word that it does not hold whole. */
const searchedLength = 4096;
/** Longer than any three words of a dictionary: which word stands at a place rests on the two that may follow it. */
const foreseenLength = 128;

const ideograph = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\uff70]/u;
/** The scripts without spaces whose words are found by dictionaries, each by its own. */
const dictionaryScripts = [
  /[\p{sc=Thai}&&[\p{L}\p{M}]]/v,
  /[\p{sc=Laoo}&&[\p{L}\p{M}]]/v,
  /[\p{sc=Khmr}&&[\p{L}\p{M}]]/v,
  /[\p{sc=Mymr}&&[\p{L}\p{M}]]/v,
];
/** Where no word is cut in two, or where one can be made whole. */
const cutBefore = /[\s\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

/**
 * A document's tokens, a stretch of its text at a time, as if it were analyzed at once: each stretch but the first begins
 * with the last token of the one before that is certain, or with the first of several that end there, so that positions
 * go on. Only what is longer than four thousand characters may be cut: a word, or what lies between two.
 */
export function* tokensByStretches(text: string, analyzer: Analyzer): Generator<Token[]> {
  let begun: Beginning = { from: 0, position: 0, goesOn: false };
  let growth = 1;
  while (begun.from < text.length) {
    const { from } = begun;
    const to = stretchEnd(text, from, growth);
    const tokens = placed(analyzer.documentTokens(text.slice(from, to)), begun);
    const next = to < text.length ? firstOfLast(tokens, certainEnd(text, to)) : undefined;
    if (next !== undefined && next.start > from) {
      begun = { from: next.start, position: next.position, goesOn: true };
      while ((tokens.at(-1)?.start ?? -1) >= next.start) tokens.pop();
    } else if (tokens.length > 0 && to < Math.min(text.length, from + searchedLength)) {
      growth *= 2;
      continue;
    } else {
      begun = { from: to, position: (tokens.at(-1)?.position ?? begun.position) + 1, goesOn: false };
    }
    growth = 1;
    yield tokens;
  }
}

/** Where a stretch begins, and the position of its first word; `goesOn`: which is the last token before. */
type Beginning = { from: number; position: number; goesOn: boolean };

/** A stretch's tokens at their places in the whole text. */
function placed(tokens: readonly Token[], { from, position, goesOn }: Beginning): Token[] {
  const [first] = tokens;
  // A pair may go on whose first ideograph is a stop word: that has a place before the pair's, and is no token.
  const shift = goesOn && first?.start === 0 ? position - first.position : position;
  return tokens.map((token) => ({
    ...token,
    position: token.position + shift,
    start: token.start + from,
    end: token.end + from,
  }));
}

/** Where a stretch ends: soon behind its first ideograph; else at white space or a dictionary's script, if near. */
function stretchEnd(text: string, from: number, growth: number): number {
  const first = text.slice(from, from + stretchLength).search(ideograph);
  const end = from + growth * (first < 0 ? stretchLength : first + ideographsLength);
  if (end >= text.length) return text.length;
  const near = first < 0 ? text.slice(end, end + searchedLength).search(cutBefore) : -1;
  if (near >= 0) return end + near;
  const isCut = (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return isCut ? end + 1 : end;
}

/** Before which place words begin where they do in the whole text, which is cut off at `end`. */
function certainEnd(text: string, end: number): number {
  const script = dictionaryScripts.find((signs) => signs.test(text[end] ?? ""));
  if (script === undefined) return end;
  let at = end;
  while (at > end - foreseenLength && script.test(text[at - 1] ?? "")) at--;
  return at;
}

/**
 * The last token that begins at a certain place, or the first of those that begin where one begins that ends with it: what
 * is cut off may go on with any of them.
 */
function firstOfLast(tokens: readonly Token[], certain: number): Token | undefined {
  const end = tokens.findLast(({ start }) => start <= certain)?.end;
  const start = tokens.find((token) => token.end === end)?.start;
  return tokens.find((token) => token.start === start);
}
