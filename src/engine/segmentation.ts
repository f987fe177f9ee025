import { ideographRuns } from "./ideographs.ts";

/** Takes one word's place in the text, in UTF-16 units. */
export type TakeWord = (start: number, end: number) => void;

const other = 0;
const letter = 1;
const digit = 2;
const underscore = 3;
/** Joins letters to letters and digits to digits. */
const joinsBoth = 4;
/** Joins digits to digits. */
const joinsDigits = 5;
const space = 6;
/** What the table does not know: only the general path may judge it. */
const foreign = 7;

/** How much text the general path takes at once: calling it costs as much as twenty words. */
const generalStretch = 256;

const segmenter = new Intl.Segmenter("en", { granularity: "word" });
const hasLetterOrNumber = /[\p{L}\p{N}]/u;
const isEmoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{RI}/u;
/** H₂O is one word, as H2O is. Superscripts stay signs of their own, as most of those behind words tell of a footnote. */
const subscripts = /[₀-₉]/gu;
const continuesWord = /[\p{L}\p{N}\p{M}_+#]/u;

const classes = classTable();

function classTable(): Uint8Array {
  const table = new Uint8Array(0x1_0000).fill(foreign);
  const fill = (from: number, to: number, kind: number): void => void table.fill(kind, from, to + 1);
  fill(0x00, 0x20, space);
  fill(0x21, 0x7f, other);
  for (const [from, to] of [
    [0x41, 0x5a],
    [0x61, 0x7a],
    [0xc0, 0x24f],
    [0x391, 0x3a1],
    [0x3a3, 0x3ff],
    [0x400, 0x481],
    [0x48a, 0x52f],
  ] as const)
    fill(from, to, letter);
  for (const code of [0xd7, 0xf7, 0x3f6]) table[code] = other;
  fill(0x30, 0x39, digit);
  table[0x5f] = underscore;
  for (const mark of [".", "'", "’"]) table[mark.charCodeAt(0)] = joinsBoth;
  for (const mark of [",", ";"]) table[mark.charCodeAt(0)] = joinsDigits;
  for (const mark of "–—“”…«»•°") table[mark.charCodeAt(0)] = other;
  return table;
}

function classAt(text: string, at: number): number {
  return at < text.length ? (classes[text.charCodeAt(at)] ?? foreign) : space;
}

/**
 * Finds the words of a text in order: the segments of Unicode's word boundaries (UAX #29, as `Intl.Segmenter` has
 * them) that hold a letter, a number or an emoji, except that a colon parts words, that `C++` and `C#` keep their
 * signs, that digits below the line are digits, and that a run of ideographs and kana goes to `takeIdeographs` whole.
 * Most alphabets are scanned by a table; everything else takes the general path.
 */
export function eachWord(text: string, take: TakeWord, takeIdeographs: TakeWord): void {
  let at = 0;
  while (at < text.length) {
    if (classAt(text, at) === space) {
      at++;
      continue;
    }
    let end = at;
    let known = true;
    for (let kind = classAt(text, end); kind !== space; kind = classAt(text, ++end)) known &&= kind !== foreign;
    if (known) {
      while (at < end) at = scanWord(text, at, take);
    } else {
      end = Math.min(text.length, Math.max(end, at + generalStretch));
      while (classAt(text, end) !== space) end++;
      eachWordGenerally(text.slice(at, end), shifted(take, at), shifted(takeIdeographs, at));
    }
    at = end;
  }
}

function shifted(take: TakeWord, by: number): TakeWord {
  return (start, end) => take(start + by, end + by);
}

/** Passes over one word, or one character that is none; answers where to go on. */
function scanWord(text: string, start: number, take: TakeWord): number {
  let at = start;
  let kind = classAt(text, at);
  if (kind !== letter && kind !== digit && kind !== underscore) return start + 1;
  let bare = true;
  for (;;) {
    if (kind === letter || kind === digit || kind === underscore) {
      bare &&= kind === underscore;
      at++;
    } else if (joins(kind, classAt(text, at - 1), classAt(text, at + 1))) {
      at++;
    } else {
      break;
    }
    kind = classAt(text, at);
  }
  if (bare) return at;
  const end = at + signsAfter(text, at);
  take(start, end);
  return end;
}

function joins(kind: number, before: number, after: number): boolean {
  if (before !== after) return false;
  return (kind === joinsBoth && (after === letter || after === digit)) || (kind === joinsDigits && after === digit);
}

/** The length of a `++` or `#` that belongs to the word ending at `end`. */
function signsAfter(text: string, end: number): number {
  const length = text.startsWith("++", end) ? 2 : text[end] === "#" ? 1 : 0;
  return length > 0 && !continuesWord.test(text.slice(end + length, end + length + 1)) ? length : 0;
}

/** As `eachWord`, by `Intl.Segmenter` alone; the reference for the table's scan. */
export function eachWordGenerally(text: string, take: TakeWord, takeIdeographs: TakeWord): void {
  let at = 0;
  for (const run of ideographRuns(text)) {
    segmentedWords(text, { from: at, to: run.index }, take);
    at = run.index + run[0].length;
    takeIdeographs(run.index, at);
  }
  segmentedWords(text, { from: at, to: text.length }, take);
}

function segmentedWords(text: string, { from, to }: { from: number; to: number }, take: TakeWord): void {
  if (from >= to) return;
  const onLine = text.slice(from, to).replace(subscripts, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0x2050));
  for (const { segment, index } of segmenter.segment(onLine)) {
    let start = from + index;
    for (const part of segment.split(":")) {
      const end = start + part.length;
      if (hasLetterOrNumber.test(part)) take(start, end + signsAfter(text, end));
      else if (isEmoji.test(part)) take(end - part.trimStart().length, end);
      start = end + 1;
    }
  }
}
