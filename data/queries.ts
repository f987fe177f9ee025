import type { SearchBody } from "../src/protocol/search-request.ts";
import type { Random } from "../src/time.ts";
import type { DemoDocument } from "./corpus.ts";
import { misspell, misspellableLengthMin } from "./typo.ts";
import { zipfRanks } from "./zipf.ts";

/** What a query is drawn from. */
export type QuerySource = Pick<DemoDocument, "title" | "body" | "pos" | "category">;

export type QueryStreamOptions = {
  random: Random;
  /** How many distinct queries there are; the first ones are the popular ones. */
  distinct?: number;
  /** How uneven their popularity is; 0: all alike. */
  zipfExponent?: number;
  /** Shares of the distinct queries that have a misspelt word, end in a prefix, or carry a filter. */
  typoRate?: number;
  prefixRate?: number;
  filterRate?: number;
  /** Share of the stream that repeats one of the last few queries, as one person's reloads and pages do. */
  repeatRate?: number;
};

/** How many words a query has, 1 to 6: shares as logs of web search show them, short ones foremost. */
const lengthShares = [0.22, 0.3, 0.22, 0.13, 0.08, 0.05];
const recentMax = 16;
const prefixLengthMin = 2;

/** Words that people leave out of a query, and that no ranking rests on. */
const functionWords = new Set(
  "and are for from has have into not one that the their them they this used usually was were which who whose with".split(
    " ",
  ),
);

/**
 * Queries as people would type them for these documents: 1 to 6 distinct words of one document, in its order. All
 * `count` differ, unless the documents are too few for that. The same documents and randomness give the same queries.
 */
export function webQueries(
  documents: Iterable<QuerySource>,
  { count, random }: { count: number; random: Random },
): string[] {
  return drawn(documents, { count, random }).map(({ query }) => query);
}

/**
 * An endless stream of searches: distinct queries drawn from the documents, their popularity after Zipf. A query's
 * typo, prefix or filter belongs to it and comes back with it. Deterministic by the randomness it is given.
 */
export function* queryStream(
  documents: Iterable<QuerySource>,
  options: QueryStreamOptions,
): Generator<SearchBody, never> {
  const { random, distinct = 10_000, zipfExponent = 1, repeatRate = 0 } = options;
  const searches = drawn(documents, { count: distinct, random }).map((one) => decorated(one, options));
  const nextRank = zipfRanks({ ranks: searches.length, exponent: zipfExponent }, random);
  const recent: SearchBody[] = [];
  for (;;) {
    const repeated = random.next() < repeatRate ? pick(recent, random) : undefined;
    const search = repeated ?? searches[nextRank()];
    if (search === undefined) throw new RangeError("there are no queries to draw from");
    if (repeated === undefined) recent[nextSlot(recent, random)] = search;
    yield search;
  }
}

type Drawn = { query: string; source: QuerySource };

function drawn(documents: Iterable<QuerySource>, { count, random }: { count: number; random: Random }): Drawn[] {
  const sources = [...documents];
  const queries = new Map<string, Drawn>();
  for (let attempts = 0; queries.size < count && attempts < 20 * count; attempts++) {
    const source = pick(sources, random);
    if (source === undefined) break;
    const query = queryFrom(source, random);
    if (query !== "" && !queries.has(query)) queries.set(query, { query, source });
  }
  return [...queries.values()];
}

/** Picks words of a document until there are as many as the drawn length, or no more. */
function queryFrom({ title, body }: QuerySource, random: Random): string {
  const words = [...new Set(`${title} ${body}`.toLowerCase().match(/[\p{L}\d]{3,}/gu))].filter(
    (word) => !functionWords.has(word),
  );
  let wanted = drawLength(random);
  const chosen = words.filter((_, i) => {
    const isChosen = random.next() * (words.length - i) < wanted;
    if (isChosen) wanted--;
    return isChosen;
  });
  return chosen.join(" ");
}

function drawLength(random: Random): number {
  let left = random.next();
  const position = lengthShares.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return position === -1 ? lengthShares.length : position + 1;
}

function decorated({ query, source }: Drawn, options: QueryStreamOptions): SearchBody {
  const { random, typoRate = 0, prefixRate = 0, filterRate = 0 } = options;
  const typed = random.next() < typoRate ? withTypo(query, random) : query;
  const isPrefix = random.next() < prefixRate;
  return {
    query: isPrefix ? cutShort(typed, random) : typed,
    ...(isPrefix ? { prefix: true } : {}),
    ...(random.next() < filterRate ? { filter: filterFor(source, random) } : {}),
  };
}

function withTypo(query: string, random: Random): string {
  const words = query.split(" ");
  const long = words.filter((word) => word.length >= misspellableLengthMin);
  const chosen = pick(long, random);
  return words.map((word) => (word === chosen ? misspell(word, random) : word)).join(" ");
}

/** As if the last word were still being typed. */
function cutShort(query: string, random: Random): string {
  const start = query.lastIndexOf(" ") + 1;
  const cuttable = query.length - start - prefixLengthMin;
  return cuttable <= 0 ? query : query.slice(0, query.length - Math.floor(random.next() * cuttable) - 1);
}

function filterFor({ pos, category }: QuerySource, random: Random): { pos: string } | { category: string } {
  return random.next() < 0.5 ? { pos } : { category };
}

function nextSlot(recent: readonly SearchBody[], random: Random): number {
  return recent.length < recentMax ? recent.length : Math.floor(random.next() * recentMax);
}

function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[Math.floor(random.next() * list.length)];
}
