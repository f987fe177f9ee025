import { createAnalyzer } from "../engine/analyzer.ts";
import type { IndexSettings } from "../protocol/settings.ts";

/** What no text has as a word, so that it would never stop one. Undefined where all can be stop words. */
export function stopWordMisfit(
  settings: Pick<IndexSettings, "language" | "stopWords">,
): { path: string; detail: string } | undefined {
  const { language, stopWords = [] } = settings;
  const analyzer = createAnalyzer({ language, stopWords: [] });
  const position = stopWords.findIndex((entry) => analyzer.terms(entry).length !== 1);
  if (position === -1) return undefined;
  return { path: `/stopWords/${position}`, detail: `"${stopWords[position]}" must be one word in this language` };
}
