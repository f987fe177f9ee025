import type { DemoDocument } from "../../data/corpus.ts";
import { misspell, misspellableLengthMin } from "../../data/typo.ts";
import type { Analyzer, Token } from "../../src/engine/analyzer.ts";
import type { SearchBody } from "../../src/protocol/search-request.ts";
import type { Random } from "../../src/time.ts";
import { nearWords, prefixTerms } from "./expansions.ts";
import type { FullText, TextColumn } from "./full-text.ts";

export const tags = ["term", "all-of", "any-of", "phrase", "exclusion", "field", "prefix", "typo"] as const;
export type Tag = (typeof tags)[number];

/**
 * A search, what the oracle counts for it, and the words it must be taken for; `isCut`: it means more terms than one may
 * have, and must say so.
 */
export type TaggedQuery = { tag: Tag; body: SearchBody; expression: string; corrected?: string[]; isCut?: boolean };

/** The most terms of a query unless told otherwise, and of a word that is being typed, as the README has them. */
const termsMax = 1024;
const typingTermsMax = 256;

type Source = { documents: readonly DemoDocument[]; analyzer: Analyzer; fullText: FullText; random: Random };
type Word = Token & { typed: string };

/** Queries of one kind, drawn from the documents: the same randomness gives the same ones. */
export function taggedQueries(tag: Tag, count: number, source: Source): TaggedQuery[] {
  const queries: TaggedQuery[] = [];
  while (queries.length < count) {
    const query = draw(tag, source);
    if (query !== undefined) queries.push({ tag, ...query });
  }
  return queries;
}

function draw(tag: Tag, source: Source): Omit<TaggedQuery, "tag"> | undefined {
  const { fullText, random } = source;
  const column: TextColumn = random.next() < 0.3 ? "title" : "body";
  const words = wordsOf(source, column);
  const picked = some(words, 2 + Math.floor(random.next() * 3), random);
  const [first, second] = picked;
  if (first === undefined) return undefined;
  const typed = picked.map((word) => word.typed).join(" ");
  const terms = picked.map(({ term }) => term);
  switch (tag) {
    case "term":
      return { body: { query: first.typed }, expression: fullText.phrase(first.term) };
    case "any-of":
      return { body: { query: typed }, expression: fullText.anyOf(terms) };
    case "all-of":
      return random.next() < 0.5
        ? { body: { query: typed, match: "all" }, expression: allOf(terms, fullText) }
        : { body: { query: picked.map((word) => `+${word.typed}`).join(" ") }, expression: allOf(terms, fullText) };
    case "exclusion":
      if (second === undefined || second.term === first.term) return undefined;
      return {
        body: { query: `${first.typed} -${second.typed}` },
        expression: `${fullText.phrase(first.term)} NOT ${fullText.phrase(second.term)}`,
      };
    case "field":
      return {
        body: { query: `${column}:${first.typed}` },
        expression: `${column} : ${fullText.phrase(first.term)}`,
      };
    case "phrase":
      return phraseOf(words, source);
    case "prefix":
      return prefixOf(first, second, source);
    case "typo":
      return typoOf(first, source);
  }
}

/** Two or three words that stand side by side. */
function phraseOf(words: readonly Word[], { fullText, random }: Source): Omit<TaggedQuery, "tag"> | undefined {
  const start = Math.floor(random.next() * words.length);
  const run = words.slice(start, start + 2 + Math.floor(random.next() * 2));
  const isRun = run.every(({ position }, i) => position === (run[0]?.position ?? 0) + i);
  if (run.length < 2 || !isRun) return undefined;
  return {
    body: { query: `"${run.map(({ typed }) => typed).join(" ")}"` },
    expression: fullText.phrase(...run.map(({ term }) => term)),
  };
}

function prefixOf(
  word: Word,
  other: Word | undefined,
  { analyzer, fullText, random }: Source,
): Omit<TaggedQuery, "tag"> | undefined {
  const { folded } = word;
  const prefix = folded.slice(0, 1 + Math.floor(random.next() * folded.length));
  const last = analyzer.lastWord(prefix);
  if (last?.folded !== prefix) return undefined;
  if (other === undefined || random.next() < 0.5) {
    const { terms, isCut } = prefixTerms(fullText, last, termsMax);
    return { body: { query: `${prefix}*` }, expression: fullText.anyOf(terms), isCut };
  }
  const { terms, isCut } = prefixTerms(fullText, last, typingTermsMax);
  return {
    body: { query: `${other.typed} ${prefix}`, prefix: true, match: "all" },
    expression: `${fullText.phrase(other.term)} AND ${fullText.anyOf(terms)}`,
    isCut,
  };
}

function typoOf({ folded }: Word, { analyzer, fullText, random }: Source): Omit<TaggedQuery, "tag"> | undefined {
  if (folded.length < misspellableLengthMin) return undefined;
  const misspelt = misspell(folded, random);
  const [token, ...more] = analyzer.analyze(misspelt);
  if (token?.folded !== misspelt || more.length > 0 || fullText.frequency(token.term) > 0) return undefined;
  const corrected = nearWords(fullText, misspelt);
  const terms = corrected.map((near) => fullText.words.get(near) ?? "");
  return { body: { query: misspelt }, expression: fullText.anyOf(terms), corrected };
}

function allOf(terms: readonly string[], fullText: FullText): string {
  return terms.map((term) => fullText.phrase(term)).join(" AND ");
}

/** The words of one text of a document as they are written, without what a query would read as something else. */
function wordsOf({ documents, analyzer, random }: Source, column: "title" | "body"): Word[] {
  const text = documents[Math.floor(random.next() * documents.length)]?.[column] ?? "";
  return analyzer.analyze(text).map((token) => ({ ...token, typed: text.slice(token.start, token.end) }));
}

function some(words: readonly Word[], count: number, random: Random): Word[] {
  const rest = [...words];
  const picked: Word[] = [];
  while (picked.length < count && rest.length > 0) {
    picked.push(...rest.splice(Math.floor(random.next() * rest.length), 1));
  }
  return picked;
}
