import { type DemoDocument, demoDocuments, demoSettings } from "../../data/corpus.ts";
import { type Analyzer, createAnalyzer } from "../../src/engine/analyzer.ts";
import type { Shard } from "../../src/engine/shard.ts";
import type { Change } from "../../src/protocol/change.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { inverseDocumentFrequency } from "../../src/protocol/plan-numbers.ts";
import { type IndexDefinition, type IndexSettings, textFields } from "../../src/protocol/settings.ts";
import { rarestFirst } from "../../src/query/clause-order.ts";
import { type Random, seededRandom } from "../../src/time.ts";

/** The demo index in one shard. */
export const demoDefinition: IndexDefinition = {
  index: "demo",
  incarnation: 1,
  settings: {
    fields: demoSettings.fields,
    language: demoSettings.language,
    shards: 1,
    replicas: 1,
    bm25: { k1: 1.2, b: 0.75 },
    placementSalt: 0,
  } satisfies IndexSettings,
};

export const demoAnalyzer: Analyzer = createAnalyzer(demoDefinition.settings);

/** The demo corpus as changes, with sequences from `after + 1` on. */
export function demoChanges(documents: readonly DemoDocument[], after = 0): Change[] {
  const encoder = new TextEncoder();
  return documents.map((document, i) => ({
    kind: "put",
    id: document.id,
    sequence: after + i + 1,
    source: encoder.encode(JSON.stringify(document)),
  }));
}

/** Queries of `length` words, each query's words from one gloss; the same on every machine. */
export function glossQueries(documents: readonly DemoDocument[], length: number, count: number): string[] {
  const random = seededRandom(length);
  const queries: string[] = [];
  while (queries.length < count) {
    const { body } = pick(documents, random) ?? { body: "" };
    const words = [...new Set(demoAnalyzer.analyze(body).map(({ folded }) => folded))];
    if (words.length < length) continue;
    const chosen = new Set<string>();
    while (chosen.size < length) chosen.add(pick(words, random) ?? "");
    queries.push([...chosen].join(" "));
  }
  return queries;
}

function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[Math.floor(random.next() * list.length)];
}

export function demoCorpus(): DemoDocument[] {
  return [...demoDocuments()];
}

/** Makes plans with a shard's own statistics, as a root does with those of all shards. */
export function createPlanner({ shard }: { shard: Shard }): {
  plan(query: string): Plan;
  postings(query: string): number;
} {
  const { settings } = demoDefinition;
  const frequencies = new Map<string, number>();
  const { terms, counts, documents, lengths } = shard.statistics(undefined, Number.MAX_SAFE_INTEGER);
  terms.forEach((term, i) => void frequencies.set(term, (frequencies.get(term) ?? 0) + (counts[i] ?? 0)));
  const idf = (term: string): number => inverseDocumentFrequency(documents, frequencies.get(term) ?? 0);
  return {
    plan: (query) => ({
      index: "demo",
      incarnation: 1,
      epoch: "1",
      bm25: settings.bm25,
      fieldBoosts: textFields(settings).map((name) => settings.fields[name]?.boost ?? 1),
      averageLengths: lengths.map((length) => length / documents),
      clauses: rarestFirst(
        demoAnalyzer.terms(query).map((term) => ({ occur: "optional", terms: [{ term, weight: idf(term) }] })),
      ),
      matchAtLeast: 1,
      top: 10,
      returned: [],
    }),
    postings: (query) => demoAnalyzer.terms(query).reduce((sum, term) => sum + (frequencies.get(term) ?? 0), 0),
  };
}

export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}
