import { mergedWords, WordReader } from "./merge-words.ts";
import { NumberList } from "./number-list.ts";
import type { Segment } from "./segment.ts";
import { TokenOrderBuilder, type TokenOrders } from "./token-order.ts";
import type { DocumentWords } from "./word-layout.ts";

/** A segment to merge: the new numbers of its documents (-1: not kept) and of its terms. */
export type OrderSource = { segment: Segment; newDocs: Int32Array; newTerms: Uint32Array };

/** The order of the tokens of all documents that are kept, `documents` in number, by their new numbers; and their words. */
export function mergeOrders(
  sources: readonly OrderSource[],
  documents: number,
): { orders: TokenOrders; words: DocumentWords } {
  const origins = originsOf(sources, documents);
  const pairs = new TokenOrderBuilder();
  const ends = new Uint32Array(documents);
  const { newWords, ...words } = mergedWords(sources);
  const held = new NumberList();
  const wordEnds = new Uint32Array(documents);
  const readers = sources.map(
    ({ segment, newTerms }, i) => new WordReader(segment, { newTerms, newWords: newWords[i] ?? newTerms, pairs, held }),
  );
  for (let doc = 0; doc < documents; doc++) {
    readers[origins.source[doc] ?? 0]?.read(origins.doc[doc] ?? 0);
    ends[doc] = pairs.size;
    wordEnds[doc] = held.size;
  }
  return {
    orders: { pairs: pairs.take(), ends },
    words: { ...words, held: { numbers: held.numbers, ends: wordEnds } },
  };
}

/** Which document of which source each new one was. */
function originsOf(sources: readonly OrderSource[], documents: number): { source: Uint32Array; doc: Uint32Array } {
  const origins = { source: new Uint32Array(documents), doc: new Uint32Array(documents) };
  sources.forEach(({ newDocs }, source) => {
    newDocs.forEach((doc, old) => {
      if (doc < 0) return;
      origins.source[doc] = source;
      origins.doc[doc] = old;
    });
  });
  return origins;
}
