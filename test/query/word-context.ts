import type { IndexSettings } from "../../src/protocol/settings.ts";
import { wordMark } from "../../src/protocol/statistics.ts";
import { createPlanContext, type PlanContext } from "../../src/query/context.ts";

/** An index with these words, each in as many documents as it says. */
export function contextOf(
  words: Readonly<Record<string, number>>,
  settings: Partial<IndexSettings> = {},
  termsMax = 1024,
): PlanContext {
  const context = createPlanContext(
    {
      index: "books",
      incarnation: 1,
      settings: {
        fields: { body: { type: "text" } },
        language: "en",
        shards: 1,
        replicas: 1,
        bm25: { k1: 1.2, b: 0.75 },
        placementSalt: 0,
        ...settings,
      },
    },
    termsMax,
  );
  const terms = Object.keys(words).filter((word) => context.analyzer.termOf(word) !== "");
  context.statistics.apply(0, {
    cursor: { journal: "a", version: terms.length },
    reset: true,
    more: false,
    sequence: 1,
    documents: 1000,
    lengths: [5000],
    terms: terms.flatMap((word) => [context.analyzer.termOf(word), wordMark + word]),
    counts: terms.flatMap((word) => [words[word] ?? 0, words[word] ?? 0]),
    limits: terms.flatMap(() => [-1, -1]),
    limitRows: [],
  });
  return context;
}
