import { foreign, kindAt } from "./sign-kinds.ts";

/** A run of ideographs and kana, also of half width. */
const runs =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\uff70][\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\uff70\p{M}\uff9e\uff9f[\p{DI}--\u200b]]*/gv;
/** What belongs to the sign before it: accents, voicing marks, what nobody sees; not the space of no width. */
const attached = /^[\p{M}\uff9e\uff9f[\p{DI}--\u200b]]/v;

/** Passes over the runs of ideographs and kana in a text, which are written without spaces. */
export function ideographRuns(text: string): Iterable<RegExpExecArray> {
  return text.matchAll(runs);
}

/** Takes a part's place in a text, in UTF-16 units, and whether it stands within another part. */
export type TakePart = (start: number, end: number, isWithin: boolean) => void;

/** Calls back with the place of each ideograph or kana of a run, together with the marks that belong to it. */
export function eachIdeograph(run: string, take: TakePart): void {
  let start = 0;
  for (let at = signLength(run, 0); at < run.length; at += signLength(run, at)) {
    if (isAttached(run, at)) continue;
    take(start, at, false);
    start = at;
  }
  take(start, run.length, false);
}

function signLength(text: string, at: number): number {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 ? 2 : 1;
}

/**
 * The same, and between each two of them the pair that they are, as Lucene's `CJKBigramFilter` makes when it is to give
 * unigrams too. What is in a pair stands within it.
 */
export function eachPairAndIdeograph(run: string, take: TakePart): void {
  let before = -1;
  eachIdeograph(run, (start, end) => {
    if (before >= 0) take(before, end, false);
    take(start, end, start > 0 || end < run.length);
    before = start;
  });
}

/** Whether the character at `at` is a mark that belongs to the one before it. */
export function isAttached(text: string, at: number): boolean {
  return kindAt(text, at) === foreign && attached.test(String.fromCodePoint(text.codePointAt(at) ?? 0));
}
