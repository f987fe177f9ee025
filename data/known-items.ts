import type { Random } from "../src/time.ts";
import type { DemoDocument } from "./corpus.ts";

/** What a known-item collection is made of. */
export type KnownItemSource = Pick<DemoDocument, "id" | "title" | "synonyms" | "body" | "examples">;

export type KnownItem = { query: string; document: string };

export type KnownItems = { documents: { id: string; title: string; body: string }[]; items: KnownItem[] };

/** A sentence of fewer words hardly says what it is about. */
const wordsMin = 5;

/**
 * A test collection whose judgments nobody had to make: a query is a sentence that shows a word in use, and what it
 * should find is the meaning it stands with. The sentences are in no document: the title is the meaning's words, the
 * body its definition. Draws `documentCount` documents and `queryCount` of them to ask for, each once, its first
 * sentence of five words or more. The same sources and randomness give the same collection; fewer where there are fewer.
 */
export function knownItems(
  sources: Iterable<KnownItemSource>,
  { documentCount, queryCount, random }: { documentCount: number; queryCount: number; random: Random },
): KnownItems {
  const drawn = shuffled([...sources], random).slice(0, documentCount);
  const items = drawn.flatMap(({ id, examples }) => {
    const query = examples.find((example) => example.split(/\s+/).length >= wordsMin);
    return query === undefined ? [] : [{ query: query.replaceAll(/\s+/g, " "), document: id }];
  });
  const documents = drawn.map(({ id, title, synonyms, body }) => ({
    id,
    title: [title, ...synonyms].join(", "),
    body,
  }));
  return { documents, items: items.slice(0, queryCount) };
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((entry) => ({ entry, key: random.next() }))
    .sort((one, other) => one.key - other.key)
    .map(({ entry }) => entry);
}
