import type { Collection, JudgedQuery } from "./collection.ts";
import type { IndexClient, IndexOptions } from "./index-client.ts";
import { type JudgedRanking, type Measures, measure } from "./measures.ts";
import { plainQuery } from "./plain-query.ts";

/** How deep every ranking goes; recall at 100 and the average precision rest on it. */
const depth = 100;
const concurrency = 4;

export type Evaluation = Measures & { documents: number };

/**
 * Measures an index's answers to a collection:
 * 1. create the index and load the documents into it;
 * 2. ask every judged query, a few at a time, for its best 100;
 * 3. hold the rankings against the judgments.
 * An answer that does not rest on every document is an error: its figures would speak of the machine, not the ranking.
 */
export async function evaluate(
  collection: Collection,
  client: IndexClient,
  options: IndexOptions,
): Promise<Evaluation> {
  await client.create(options);
  const documents = await client.load(collection.documents());
  const rankings = await askAll(collection.queries, client);
  return { ...measure(rankings), documents };
}

async function askAll(queries: readonly JudgedQuery[], client: IndexClient): Promise<JudgedRanking[]> {
  const rankings: JudgedRanking[] = [];
  const waiting = queries.entries();
  const askInTurn = async (): Promise<void> => {
    for (const [position, query] of waiting) rankings[position] = await ask(query, client);
  };
  await Promise.all(Array.from({ length: concurrency }, askInTurn));
  return rankings;
}

async function ask({ id, text, judgments }: JudgedQuery, client: IndexClient): Promise<JudgedRanking> {
  const query = plainQuery(text);
  if (query === "") return { ranking: [], judgments };
  const { ids, complete } = await client.search(query, depth);
  if (!complete) throw new Error(`the answer to query ${id} is not complete`);
  return { ranking: ids, judgments };
}
