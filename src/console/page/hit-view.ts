import type { Hit, IndexField } from "./answers.ts";
import { type Stretch, stretchesOf } from "./marks.ts";

/** A hit as it is shown: a heading, lines of text with what matched marked, and the values of its keywords. */
export type HitView = {
  id: string;
  score: string;
  isSettled: boolean;
  heading: Stretch[];
  lines: { field: string; stretches: Stretch[] }[];
  tags: { field: string; value: string }[];
};

const lineLettersMax = 320;
const tagsMax = 4;

/**
 * Lays a hit out by what its index says of the fields: the text field that weighs most is the heading, the longest of
 * the others is always shown, the rest where they matched.
 */
export function hitView(hit: Hit, fields: Readonly<Record<string, IndexField>>): HitView {
  const texts = Object.entries(fields)
    .filter(([, { type }]) => type === "text")
    .sort(([, a], [, b]) => (b.boost ?? 1) - (a.boost ?? 1))
    .map(([name]) => name);
  const [headingField, ...others] = texts.filter((name) => textOf(hit, name) !== "");
  const longest = others.toSorted((a, b) => textOf(hit, b).length - textOf(hit, a).length)[0];
  const isShown = (name: string): boolean => name === longest || hit.highlights?.[name] !== undefined;
  return {
    id: hit.id,
    score: hit.score === null ? "" : hit.score.toFixed(2),
    isSettled: hit.settled,
    heading: headingField === undefined ? [{ text: hit.id, isMarked: false }] : lineOf(hit, headingField),
    lines: others.filter(isShown).map((field) => ({ field, stretches: lineOf(hit, field) })),
    tags: tagsOf(hit, fields),
  };
}

function lineOf(hit: Hit, field: string): Stretch[] {
  const fragments = hit.highlights?.[field] ?? [];
  if (fragments.length > 0) {
    return fragments.flatMap((fragment, i) => [
      ...(i === 0 ? [] : [{ text: " … ", isMarked: false }]),
      ...stretchesOf(fragment),
    ]);
  }
  return [{ text: shortened(textOf(hit, field)), isMarked: false }];
}

/** A text cut where it is too long for a line, never inside of a letter. */
function shortened(text: string): string {
  return text.length > lineLettersMax ? `${text.slice(0, lineLettersMax).replace(/[\uD800-\uDBFF]$/, "")}…` : text;
}

function tagsOf(hit: Hit, fields: Readonly<Record<string, IndexField>>): HitView["tags"] {
  return Object.entries(fields)
    .filter(([, { type }]) => type !== "text" && type !== "stored")
    .flatMap(([field]) => valuesOf(hit, field).map((value) => ({ field, value })))
    .slice(0, tagsMax);
}

function textOf(hit: Hit, field: string): string {
  return valuesOf(hit, field).join("; ");
}

function valuesOf({ document }: Hit, field: string): string[] {
  const value = document?.[field];
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one) => one !== undefined && one !== null && one !== "").map(String);
}
