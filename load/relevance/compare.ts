import { createAnalyzer } from "../../src/engine/analyzer.ts";
import { type Language, languages } from "../../src/protocol/settings.ts";
import { type Clock, type Random, seededRandom, systemClock } from "../../src/time.ts";
import type { FlatDocument, JudgedQuery, TitledCollection } from "./collection.ts";
import type { FoundDocument, IndexClient, IndexOptions } from "./index-client.ts";
import { type JudgedRanking, type Measures, measure, ndcg } from "./measures.ts";
import { type PairedResult, pairedTest } from "./paired-test.ts";
import { plainQuery } from "./plain-query.ts";
import { TermTable } from "./term-table.ts";
import { boostedFields } from "./variants/boosted-fields.ts";
import { expandedQuery, feedbackDocuments } from "./variants/feedback.ts";
import { rankByProximity } from "./variants/proximity.ts";

const depth = 100;
const seed = 1;

/** The flat index, and the one of the same documents with title and body apart. */
export type Clients = { flat: IndexClient; titled: IndexClient };

/** One way to rank: the best 100 documents for plain words. */
type Variant = { name: string; rank(query: string): Promise<FoundDocument[]> };

/** A variant's figures; `meanMs` a query, `costRatio` that beside the plain ranking's. */
export type Compared = Measures & PairedResult & { variant: string; meanMs: number; costRatio: number };

export type Comparison = { documents: number; plain: Measures & { meanMs: number }; variants: Compared[] };

type Run = { name: string; rankings: JudgedRanking[]; spentMs: number };

/**
 * Holds each variant against plain BM25, in one run over the same queries, all through the public API:
 * 1. load the documents into both indexes, counting their terms on the way;
 * 2. ask every query of every variant in turn, twice, the second time with a watch;
 * 3. measure each, and test the differences in nDCG@10 by query.
 */
export async function compare(
  collection: TitledCollection,
  { flat, titled }: Clients,
  options: IndexOptions,
): Promise<Comparison> {
  const terms = new TermTable(createAnalyzer({ language: languageFrom(options.language) }));
  await flat.create(options);
  const documents = await flat.load(counting(collection.documents(), terms));
  await titled.create(options, boostedFields);
  await titled.load(collection.titledDocuments());
  const variants = variantsOf({ flat, titled }, terms, options);
  await runAll(variants, collection.queries, systemClock);
  const [plain, ...others] = await runAll(variants, collection.queries, systemClock);
  if (plain === undefined) throw new RangeError("there is nothing to compare with");
  return {
    documents,
    plain: { ...measure(plain.rankings), meanMs: meanMs(plain) },
    variants: others.map((run) => held(run, plain, seededRandom(seed))),
  };
}

function languageFrom(code: string): Language {
  const language = languages.find((known) => known === code);
  if (language === undefined) throw new Error(`no analyzer knows the language "${code}"`);
  return language;
}

async function* counting(documents: AsyncIterable<FlatDocument>, terms: TermTable): AsyncIterable<FlatDocument> {
  for await (const document of documents) {
    terms.add(document.text);
    yield document;
  }
}

/** The plain ranking first. */
function variantsOf({ flat, titled }: Clients, terms: TermTable, { k1, b }: IndexOptions): Variant[] {
  const best = { size: depth, texts: false };
  return [
    { name: "plain", rank: (query) => flat.find(query, best) },
    {
      name: "proximity",
      rank: async (query) =>
        rankByProximity(query, await flat.find(query, { size: depth, texts: true }), { terms, k1, b }),
    },
    {
      name: "feedback",
      rank: async (query) => {
        const first = await flat.find(query, { size: feedbackDocuments, texts: true });
        return flat.find(expandedQuery(query, first, terms), best);
      },
    },
    { name: "fields", rank: (query) => titled.find(query, best) },
  ];
}

/** One query at a time, and each variant begins as often as any other, so that none has the machine to itself. */
async function runAll(variants: readonly Variant[], queries: readonly JudgedQuery[], clock: Clock): Promise<Run[]> {
  const runs = variants.map(({ name, rank }) => {
    const rankings: JudgedRanking[] = [];
    return { name, rank, rankings, spentMs: 0 };
  });
  for (const [position, { text, judgments }] of queries.entries()) {
    const query = plainQuery(text);
    const first = position % runs.length;
    for (const run of [...runs.slice(first), ...runs.slice(0, first)]) {
      const startMs = clock.nowMs();
      const found = query === "" ? [] : await run.rank(query);
      run.spentMs += clock.nowMs() - startMs;
      run.rankings.push({ ranking: found.map(({ id }) => id), judgments });
    }
  }
  return runs;
}

function held(run: Run, plain: Run, random: Random): Compared {
  return {
    variant: run.name,
    ...measure(run.rankings),
    ...pairedTest(gains(plain), gains(run), { random }),
    meanMs: meanMs(run),
    costRatio: run.spentMs / plain.spentMs,
  };
}

function gains({ rankings }: Run): number[] {
  return rankings.map(({ ranking, judgments }) => ndcg(ranking, judgments, 10));
}

function meanMs({ spentMs, rankings }: Run): number {
  return rankings.length === 0 ? 0 : spentMs / rankings.length;
}
