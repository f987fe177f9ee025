import { ideographRuns } from "./ideographs.ts";
import {
  digit,
  foreign,
  ideograph,
  joinsBoth,
  joinsDigits,
  joinsLetters,
  kindAt,
  letter,
  space,
  underscore,
} from "./sign-kinds.ts";

/** Takes one word's place in the text, in UTF-16 units. */
export type TakeWord = (start: number, end: number) => void;

/** A part of a text, in UTF-16 units. */
type Stretch = { start: number; end: number };

/** How much text the general path takes at once: calling it costs as much as twenty words. */
const generalStretch = 256;

const segmenter = new Intl.Segmenter("en", { granularity: "word" });
const hasLetterOrNumber = /[\p{L}\p{N}]/u;
/** Parts of Korean syllables: the rules part whole ones from letters and digits, and these stand for the same. */
const jamo = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/gu;
const isEmoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{RI}/u;
/** H₂O is one word, as H2O is. Superscripts stay signs of their own, as most of those behind words tell of a footnote. */
const subscripts = /[₀-₉]/gu;
const continuesWord = /[\p{L}\p{N}\p{M}_+#]/u;

/**
 * Finds the words of a text in order: the segments of Unicode's word boundaries (UAX #29, as `Intl.Segmenter` has
 * them) that hold a letter, a number or an emoji, except that a colon parts words, that `C++` and `C#` keep their
 * signs, that digits below the line are digits, that parts of Korean syllables count as whole ones, and that a run of
 * ideographs and kana goes to `takeIdeographs` whole.
 * Most alphabets are scanned by a table; everything else takes the general path.
 */
export function eachWord(text: string, take: TakeWord, takeIdeographs: TakeWord): void {
  let at = 0;
  while (at < text.length) {
    const kind = kindAt(text, at);
    if (kind === space) {
      at++;
      continue;
    }
    const end = pieceEnd(text, at);
    if (end < 0) {
      at = eachWordGenerally(text, at, { take, takeIdeographs });
    } else if (kind === ideograph) {
      takeIdeographs(at, end);
      at = end;
    } else {
      while (at < end) at = scanWord(text, at, take);
    }
  }
}

/** Where a run of ideographs ends, or what stands between such runs and spaces; -1 where a foreign sign comes first. */
function pieceEnd(text: string, start: number): number {
  let at = start;
  if (kindAt(text, at) === ideograph) while (kindAt(text, at) === ideograph) at++;
  else while (kindAt(text, at) < foreign) at++;
  return kindAt(text, at) === foreign ? -1 : at;
}

/** Passes over one word, or one character that is none; answers where to go on. */
function scanWord(text: string, start: number, take: TakeWord): number {
  let at = start;
  let kind = kindAt(text, at);
  if (kind !== letter && kind !== digit && kind !== underscore) return start + 1;
  let bare = true;
  for (;;) {
    if (kind === letter || kind === digit || kind === underscore) {
      bare &&= kind === underscore;
      at++;
    } else if (joins(kind, kindAt(text, at - 1), kindAt(text, at + 1))) {
      at++;
    } else {
      break;
    }
    kind = kindAt(text, at);
  }
  if (bare) return at;
  const end = at + signsAfter(text, at);
  take(start, end);
  return end;
}

function joins(kind: number, before: number, after: number): boolean {
  if (before !== after) return false;
  if (after === letter) return kind === joinsBoth || kind === joinsLetters;
  return after === digit && (kind === joinsBoth || kind === joinsDigits);
}

/** The length of a `++` or `#` that belongs to the word ending at `end`. */
function signsAfter(text: string, end: number): number {
  const length = text.startsWith("++", end) ? 2 : text[end] === "#" ? 1 : 0;
  return length > 0 && !continuesWord.test(text.slice(end + length, end + length + 1)) ? length : 0;
}

type Takers = { take: TakeWord; takeIdeographs: TakeWord };

/** As `eachWord`, by `Intl.Segmenter`, for as much of the text as has to be looked at together; answers where to go on. */
function eachWordGenerally(text: string, start: number, takers: Takers): number {
  const end = stretchEnd(text, start);
  let from = start;
  let runs: Stretch[] = [];
  for (const { index, 0: run } of ideographRuns(text.slice(start, end))) {
    const place = { start: start + index, end: start + index + run.length };
    if (place.start === from) {
      takers.takeIdeographs(place.start, place.end);
      from = place.end;
      continue;
    }
    runs.push(place);
    if (place.end - from < generalStretch) continue;
    segmentedWords(text, { start: from, end: place.end, runs }, takers);
    from = place.end;
    runs = [];
  }
  if (from < end) segmentedWords(text, { start: from, end, runs }, takers);
  return end;
}

/** The first place, some way behind the start of a stretch, where what comes next is looked at by itself in any case. */
function stretchEnd(text: string, start: number): number {
  let at = Math.min(text.length, start + generalStretch);
  while (!parts(kindAt(text, at - 1), kindAt(text, at))) at++;
  return at;
}

function parts(before: number, after: number): boolean {
  if (after === space) return true;
  return before !== foreign && after !== foreign && (before === ideograph) !== (after === ideograph);
}

/** Takes the words of a stretch and the runs of ideographs in it, which part words as the ends of a text do. */
function segmentedWords(text: string, { start, end, runs }: Stretch & { runs: Stretch[] }, takers: Takers): void {
  let nextRun = 0;
  const takeRunsBefore = (place: number): void => {
    for (let run = runs[nextRun]; run !== undefined && run.start < place; run = runs[++nextRun]) {
      takers.takeIdeographs(run.start, run.end);
    }
  };
  for (const { segment, index } of segmenter.segment(plain(withoutRuns(text, { start, end, runs })))) {
    let partStart = start + index;
    takeRunsBefore(partStart);
    for (const part of segment.split(":")) {
      const partEnd = partStart + part.length;
      // A mark of half width is a letter that joins the space before it.
      const wordStart = partEnd - part.trimStart().length;
      if (hasLetterOrNumber.test(part)) takers.take(wordStart, partEnd + signsAfter(text, partEnd));
      else if (isEmoji.test(part)) takers.take(wordStart, partEnd);
      partStart = partEnd + 1;
    }
  }
  takeRunsBefore(end);
}

/** A stretch with lines' ends in place of its runs, of the same length: nothing reaches over a line's end. */
function withoutRuns(text: string, { start, end, runs }: Stretch & { runs: Stretch[] }): string {
  let lines = "";
  let at = start;
  for (const run of runs) {
    const length = run.end - run.start;
    lines += text.slice(at, run.start) + (length === 1 ? "\n" : `${"\n".padEnd(length - 1)}\n`);
    at = run.end;
  }
  return lines + text.slice(at, end);
}

/** A text of the same length whose words stand at the same places for those who know the rules alone. */
function plain(text: string): string {
  return text.replace(subscripts, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0x2050)).replace(jamo, "가");
}
