import { type Analyzer, createAnalyzer } from "../engine/analyzer.ts";
import { type IndexDefinition, textFields } from "../protocol/settings.ts";
import { GlobalStatistics } from "./statistics.ts";

/** What planning a query needs to know of an index. The analyzer is the very one that the leaves index with. */
export type PlanContext = {
  definition: IndexDefinition;
  statistics: GlobalStatistics;
  analyzer: Analyzer;
  /** The most terms that a plan may hold. */
  termsMax: number;
};

/** The context of an index of which no statistics are known yet. */
export function createPlanContext(definition: IndexDefinition, termsMax: number): PlanContext {
  const { settings } = definition;
  const statistics = new GlobalStatistics(settings.shards, textFields(settings).length);
  return { definition, statistics, analyzer: createAnalyzer(settings), termsMax };
}
