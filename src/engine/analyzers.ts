import type { IndexSettings } from "../protocol/settings.ts";
import { type Analyzer, createAnalyzer } from "./analyzer.ts";

const analyzersMax = 16;
const analyzers = new Map<string, Analyzer>();

/** The analyzer of an index, shared by all that have the same settings: it remembers some megabytes of words. */
export function analyzerFor(settings: IndexSettings): Analyzer {
  const { language, stopWords } = settings;
  const key = JSON.stringify([language, stopWords]);
  const known = analyzers.get(key);
  if (known !== undefined) return known;
  if (analyzers.size >= analyzersMax) analyzers.clear();
  const analyzer = createAnalyzer(settings);
  analyzers.set(key, analyzer);
  return analyzer;
}
