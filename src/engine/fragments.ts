import { escapeHtml } from "../protocol/escape-html.ts";
import { isAttached } from "./ideographs.ts";
import type { Mark } from "./marks.ts";

const fragmentLength = 150;
const fragmentsMax = 3;

/** Spans between two pauses: well below a millisecond's work. */
const spansAtOnce = 128;

type Span = { start: number; end: number; marks: Mark[] };

/** A run of spans that fits into one fragment, and what it is worth. */
type Run = { first: number; last: number; start: number; end: number; worth: number };

/** A piece of a text as HTML, and what it is worth beside others. */
export type Fragment = { html: string; worth: number };

/**
 * Up to three pieces of a text around its best marks (ascending), as HTML: some 150 characters each, whole words,
 * `<mark>` around what matched and everything else escaped. In the text's order; none where nothing is marked. A
 * piece is worth its distinct words and phrases, by their weights. Pauses (yields) well within every millisecond.
 */
export function* fragmentsOf(text: string, marks: readonly Mark[]): Generator<void, Fragment[]> {
  if (marks.length === 0) return [];
  const spans = joinMarks(marks);
  const chosen = chooseRuns(yield* runsOf(spans, marks)).sort((a, b) => a.start - b.start);
  yield;
  let from = 0;
  return chosen.map((run, i) => {
    const { start, end } = widen(text, run, { from, to: chosen[i + 1]?.start ?? text.length });
    from = end;
    return { html: writeHtml(text, { start, end }, spans), worth: run.worth };
  });
}

/** The best of some fragments, in the order in which they came. */
export function bestFragments(fragments: readonly Fragment[]): string[] {
  const ranked = fragments.map(({ worth }, place) => ({ worth, place }));
  ranked.sort((a, b) => b.worth - a.worth || a.place - b.place);
  const kept = new Set(ranked.slice(0, fragmentsMax).map(({ place }) => place));
  return fragments.flatMap(({ html }, place) => (kept.has(place) ? [html] : []));
}

/** Marks that overlap or touch, as one span. */
function joinMarks(marks: readonly Mark[]): Span[] {
  const spans: Span[] = [];
  for (const mark of marks) {
    const last = spans.at(-1);
    if (last === undefined || mark.start > last.end) {
      spans.push({ start: mark.start, end: mark.end, marks: [mark] });
    } else {
      last.end = Math.max(last.end, mark.end);
      last.marks.push(mark);
    }
  }
  return spans;
}

/** For each span the longest run that begins with it. */
function* runsOf(spans: readonly Span[], marks: readonly Mark[]): Generator<void, Run[]> {
  const held = new HeldWords(marks);
  const runs: Run[] = [];
  let last = -1;
  for (const [first, span] of spans.entries()) {
    while (last < first || (spans[last + 1]?.end ?? Number.POSITIVE_INFINITY) - span.start <= fragmentLength) {
      last++;
      held.add(spans[last], 1);
    }
    runs.push({ first, last, start: span.start, end: spans[last]?.end ?? span.end, worth: held.worth });
    held.add(span, -1);
    if (first % spansAtOnce === spansAtOnce - 1) yield;
  }
  return runs;
}

/** The distinct words and phrases of the spans that are looked at, and what they are worth together. */
class HeldWords {
  /** Of all, ascending: always summed in the same order, or rounding would have a run win over a longer one of the same words. */
  readonly #weights: readonly number[];
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #counts: Uint32Array;
  #worth: number | undefined;

  constructor(marks: readonly Mark[]) {
    const weights = new Map(marks.map(({ what, weight }) => [what, weight]));
    const ranked = [...weights].sort(([, a], [, b]) => a - b);
    this.#weights = ranked.map(([, weight]) => weight);
    this.#ranks = new Map(ranked.map(([what], rank) => [what, rank]));
    this.#counts = new Uint32Array(ranked.length);
  }

  /** Takes a span's marks in (1) or leaves them out again (-1). */
  add(span: Span | undefined, sign: 1 | -1): void {
    for (const { what } of span?.marks ?? []) {
      const rank = this.#ranks.get(what) ?? 0;
      const before = this.#counts[rank] ?? 0;
      this.#counts[rank] = before + sign;
      if (before === 0 || before + sign === 0) this.#worth = undefined;
    }
  }

  get worth(): number {
    this.#worth ??= this.#weights.reduce((sum, weight, rank) => (this.#counts[rank] ? sum + weight : sum), 0);
    return this.#worth;
  }
}

/** The best runs that do not overlap. */
function chooseRuns(runs: readonly Run[]): Run[] {
  const ranked = [...runs].sort((a, b) => b.worth - a.worth || a.start - b.start);
  const chosen: Run[] = [];
  for (const run of ranked) {
    if (chosen.length === fragmentsMax) break;
    if (chosen.every((other) => run.last < other.first || other.last < run.first)) chosen.push(run);
  }
  return chosen;
}

/** Gives a run its surroundings, as far as there is room between its neighbours, in whole words. */
function widen(
  text: string,
  run: { start: number; end: number },
  room: { from: number; to: number },
): { start: number; end: number } {
  const spare = Math.max(0, fragmentLength - (run.end - run.start));
  let start = Math.max(room.from, run.start - Math.floor(spare / 2));
  let end = Math.min(room.to, run.end + spare - (run.start - start));
  start = Math.max(room.from, Math.min(start, run.start - (spare - (end - run.end))));
  while (start < run.start && (isInsideWord(text, start) || isSpaceAt(text, start))) start++;
  while (end > run.end && (isInsideWord(text, end) || isSpaceAt(text, end - 1))) end--;
  return { start, end };
}

const joining = /[\p{L}\p{N}\p{M}_\u200d]/u;
const ideograph = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]/u;

/** Whether a cut would part two characters of one word. */
function isInsideWord(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false;
  return isAttached(text, at) || (joins(text, at - 1) && joins(text, at));
}

function joins(text: string, at: number): boolean {
  const isHalf = (text.charCodeAt(at) & 0xf800) === 0xd800;
  const sign = text[at] ?? "";
  return isHalf || (joining.test(sign) && !ideograph.test(sign));
}

function isSpaceAt(text: string, at: number): boolean {
  return /\s/u.test(text[at] ?? "");
}

/** A part of the text; what surrounds a run may hold spans too, or a part of one. */
function writeHtml(text: string, { start, end }: { start: number; end: number }, spans: readonly Span[]): string {
  let html = "";
  let at = start;
  for (const span of spans) {
    const from = Math.max(start, span.start);
    const to = Math.min(end, span.end);
    if (from >= to) continue;
    html += `${escapeHtml(text.slice(at, from))}<mark>${escapeHtml(text.slice(from, to))}</mark>`;
    at = to;
  }
  return html + escapeHtml(text.slice(at, end));
}
