import type { TakeWord } from "../../src/engine/segmentation.ts";

/** A run of ideographs and kana, and the marks that belong to them. */
const runs =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\uff70][\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\uff70\p{M}\uff9e\uff9f[\p{DI}--\u200b]]*/gv;
const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** As `eachWord` says, by `Intl.Segmenter` alone, which sees what stands between two runs as a text of its own. */
export function eachWordGenerally(text: string, take: TakeWord, takeIdeographs: TakeWord): void {
  let at = 0;
  for (const run of text.matchAll(runs)) {
    segmentedWords(text, { from: at, to: run.index }, take);
    at = run.index + run[0].length;
    takeIdeographs(run.index, at);
  }
  segmentedWords(text, { from: at, to: text.length }, take);
}

function segmentedWords(text: string, { from, to }: { from: number; to: number }, take: TakeWord): void {
  const onLine = text
    .slice(from, to)
    .replace(/[₀-₉]/gu, (digit) => String.fromCharCode(digit.charCodeAt(0) - "₀".charCodeAt(0) + "0".charCodeAt(0)))
    .replace(/[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/gu, "한");
  for (const { segment, index } of segmenter.segment(onLine)) {
    let start = from + index;
    for (const part of segment.split(":")) {
      const end = start + part.length;
      const wordStart = end - part.trimStart().length;
      if (/[\p{L}\p{N}]/u.test(part)) take(wordStart, end + signsAfter(text, end));
      else if (/\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{RI}/u.test(part)) take(wordStart, end);
      start = end + 1;
    }
  }
}

function signsAfter(text: string, end: number): number {
  const length = text.startsWith("++", end) ? 2 : text[end] === "#" ? 1 : 0;
  const next = text.slice(end + length, end + length + 1);
  return length > 0 && !/[\p{L}\p{N}\p{M}_+#]/u.test(next) ? length : 0;
}

/** As `eachIdeograph` says, by Unicode's properties alone. */
export function ideographsOf(run: string): string[] {
  const parts: string[] = [];
  for (const sign of run) {
    const isMark = /^[\p{M}\uff9e\uff9f[\p{DI}--\u200b]]/v.test(sign);
    if (isMark && parts.length > 0) parts.push(`${parts.pop()}${sign}`);
    else parts.push(sign);
  }
  return parts;
}
