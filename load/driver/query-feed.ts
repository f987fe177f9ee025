import { readFileSync } from "node:fs";
import type { DemoDocument } from "../../data/corpus.ts";
import { queryStream } from "../../data/queries.ts";
import { messageOf } from "../../src/errors.ts";
import type { Load } from "../../src/simulator/scenario.ts";
import type { Random } from "../../src/time.ts";
import type { LiveSection } from "../scenario/live-section.ts";
import type { SearchTarget } from "./search-target.ts";

/** What every query carries. */
export type CarriedOptions = {
  load: Pick<Load, "budgetMs" | "minCoverage" | "hedge" | "batchShare">;
  live: Pick<LiveSection, "search">;
  random: Random;
};

export type FeedOptions = CarriedOptions & { live: Pick<LiveSection, "stream"> };

/** A file of queries that cannot be used; the message says why. */
export class QueryFileError extends Error {
  override readonly name = "QueryFileError";
}

/** Queries drawn from documents, each with what the scenario says of all. Nothing is answered from a cache unless it says so. */
export function drawnQueries(documents: Iterable<DemoDocument>, options: FeedOptions): SearchTarget["next"] {
  const stream = queryStream(documents, { random: options.random, ...options.live.stream });
  return feed(() => stream.next().value, options);
}

/** The queries of a file in turn. */
export function listedQueries(queries: readonly string[], options: CarriedOptions): SearchTarget["next"] {
  let turn = 0;
  return feed(() => ({ query: queries[turn++ % queries.length] ?? "" }), options);
}

function feed(draw: () => object, { load, live, random }: CarriedOptions): SearchTarget["next"] {
  const { budgetMs, minCoverage, hedge, batchShare } = load;
  const every = { cache: false, budgetMs, minCoverage, ...(hedge ? {} : { hedge }), ...live.search };
  return () => ({
    body: JSON.stringify({ ...every, ...draw() }),
    batch: batchShare > 0 && random.next() < batchShare,
  });
}

/**
 * Reads queries, one a line: the text after the first tab, or the whole line where there is none. Throws a
 * QueryFileError where there is nothing to ask.
 */
export function readQueries(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new QueryFileError(`--queries: ${messageOf(error)}`);
  }
  const queries = text
    .split(/\r?\n/)
    .map((line) => line.slice(line.indexOf("\t") + 1).trim())
    .filter((query) => query !== "");
  if (queries.length === 0) throw new QueryFileError(`--queries: ${path} holds no query`);
  return queries;
}
