import type { Segment } from "./segment.ts";
import { TokenOrderBuilder, type TokenOrders } from "./token-order.ts";

/** A segment to merge: the new numbers of its documents (-1: not kept) and of its terms. */
export type OrderSource = { segment: Segment; newDocs: Int32Array; newTerms: Uint32Array };

/** The order of the tokens of all documents that are kept, `documents` in number, by their new numbers. */
export function mergeOrders(sources: readonly OrderSource[], documents: number): TokenOrders {
  const origins = originsOf(sources, documents);
  const pairs = new TokenOrderBuilder();
  const ends = new Uint32Array(documents);
  for (let doc = 0; doc < documents; doc++) {
    const source = sources[origins.source[doc] ?? 0];
    source?.segment.eachToken(origins.doc[doc] ?? 0, (term, gap) => pairs.add(source.newTerms[term] ?? 0, gap));
    ends[doc] = pairs.size;
  }
  return { pairs: pairs.take(), ends };
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
