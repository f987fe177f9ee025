import { invalidAt } from "../errors.ts";
import { explainedWordsMax, type Plan } from "../protocol/plan.ts";
import { type SearchBody, searchDefaults } from "../protocol/search-request.ts";
import { type IndexSettings, textFields } from "../protocol/settings.ts";

/** What a search wants to be told of its hits, and of itself. Throws `invalid_request` for fields that are not text. */
export function planDetails(
  { highlight, explain, profile }: SearchBody,
  settings: IndexSettings,
): Pick<Plan, "highlight" | "explain" | "profile"> {
  const details: Pick<Plan, "highlight" | "explain" | "profile"> = {};
  const fields = highlight === undefined || highlight === false ? [] : highlightedFields(highlight, settings);
  if (fields.length > 0) details.highlight = fields;
  if (explain === true) details.explain = explain;
  if (profile === true) details.profile = profile;
  return details;
}

/** Throws `invalid_request` where more scores are to be explained, each of so many words, than a root could tell of. */
export function requireExplainable(body: SearchBody, words: number): void {
  const { explain, from = searchDefaults.from, size = searchDefaults.size } = body;
  if (explain !== true) return;
  const hitsMax = Math.floor(explainedWordsMax / Math.max(1, words));
  if (from + size <= hitsMax) return;
  const detail = `"explain" tells of at most ${hitsMax} hits, from + size, where the query has ${words} words; ask for fewer`;
  throw invalidAt("/explain", detail);
}

function highlightedFields(asked: true | string[], settings: IndexSettings): string[] {
  const names = textFields(settings);
  if (asked === true) return names;
  asked.forEach((name, i) => {
    if (names.includes(name)) return;
    const detail = `"${name}" is not a text field of this index; it has ${names.join(", ") || "none"}`;
    throw invalidAt(`/highlight/${i}`, detail);
  });
  return [...new Set(asked)];
}
