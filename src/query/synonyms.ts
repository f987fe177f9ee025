import { type Analyzer, createAnalyzer } from "../engine/analyzer.ts";
import type { IndexSettings } from "../protocol/settings.ts";

/** Per term the other terms that mean the same. */
export type Synonyms = ReadonlyMap<string, readonly string[]>;

/** Reads the groups of an index's settings. A word that is in several groups means what is in any of them. */
export function readSynonyms(settings: Pick<IndexSettings, "synonyms">, analyzer: Analyzer): Synonyms {
  const groups = new Map<string, Set<string>>();
  for (const group of settings.synonyms ?? []) {
    const terms = new Set(group.flatMap((entry) => analyzer.terms(entry).slice(0, 1)));
    for (const term of terms) {
      const known = groups.get(term) ?? new Set();
      for (const other of terms) if (other !== term) known.add(other);
      groups.set(term, known);
    }
  }
  return new Map([...groups].map(([term, others]) => [term, [...others]]));
}

/** What cannot be a synonym: an entry of several words, or of none. Undefined where all can. */
export function synonymMisfit(
  settings: Pick<IndexSettings, "synonyms" | "language" | "stopWords">,
): { path: string; detail: string } | undefined {
  const analyzer = createAnalyzer(settings);
  for (const [i, group] of (settings.synonyms ?? []).entries()) {
    for (const [j, entry] of group.entries()) {
      if (analyzer.terms(entry).length === 1) continue;
      return { path: `/synonyms/${i}/${j}`, detail: `"${entry}" must be one word, and no stop word, in this language` };
    }
  }
  return undefined;
}
