import { type Analyzer, createAnalyzer } from "../engine/analyzer.ts";
import { type IndexDefinition, textFields } from "../protocol/settings.ts";
import { GlobalStatistics } from "./statistics.ts";
import { readSynonyms, type Synonyms } from "./synonyms.ts";
import { Vocabulary } from "./vocabulary.ts";

/** What planning a query needs to know of an index. The analyzer is the very one that the leaves index with. */
export type PlanContext = {
  definition: IndexDefinition;
  statistics: GlobalStatistics;
  vocabulary: Vocabulary;
  analyzer: Analyzer;
  synonyms: Synonyms;
  /** The most terms that a plan may hold before its words are expanded. */
  termsMax: number;
};

/** The context of an index of which no statistics are known yet. */
export function createPlanContext(definition: IndexDefinition, termsMax: number): PlanContext {
  const { settings } = definition;
  const analyzer = createAnalyzer(settings);
  const statistics = new GlobalStatistics(settings.shards, textFields(settings).length, (word, number) =>
    vocabulary.add(word, number),
  );
  const vocabulary = new Vocabulary(statistics, analyzer.termOf);
  return { definition, statistics, vocabulary, analyzer, synonyms: readSynonyms(settings, analyzer), termsMax };
}
