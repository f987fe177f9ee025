import type { AnalyzedDocument } from "./document.ts";
import { Memtable } from "./memtable.ts";
import type { PieceView } from "./piece.ts";
import { Segment } from "./segment.ts";
import { TakenTerms } from "./taken-terms.ts";
import { documentCounts, documentWords, type TermCounts } from "./term-counts.ts";

/** How many documents are counted without coming back: a long one takes some microseconds. */
const countedAtOnce = 4;

/**
 * The document frequencies of a shard's pieces at a version, as a journal begins with them: what they hold, less what has
 * died. Answers undefined after every few documents that had to be looked into for it.
 */
export function* freshCounts(
  pieces: readonly PieceView[],
  version: number,
  fields: number,
): Generator<TermCounts | undefined> {
  for (const { piece, documents } of pieces) {
    if (piece instanceof Segment) yield* countsOfSegment(piece);
    else if (piece instanceof Memtable) yield* countsOfMemtable(piece, { documents, version, fields });
  }
}

function* countsOfSegment(segment: Segment): Generator<TermCounts | undefined> {
  yield segment.termCounts();
  yield segment.wordCounts();
  const taken = new TakenTerms();
  const { tombstones } = segment;
  let counted = 0;
  for (let doc = tombstones.next(0); doc >= 0; doc = tombstones.next(doc + 1)) {
    taken.add(segment, doc);
    if (++counted % countedAtOnce === 0) yield undefined;
  }
  yield* taken.counts();
}

function* countsOfMemtable(
  memtable: Memtable,
  { documents, version, fields }: { documents: number; version: number; fields: number },
): Generator<TermCounts | undefined> {
  const living: AnalyzedDocument[] = [];
  for (let doc = 0; doc < documents; doc++) {
    const document = memtable.tombstones.isDead(doc, version) ? undefined : memtable.documentAt(doc);
    if (document !== undefined) living.push(document);
  }
  yield documentCounts(living, fields);
  yield documentWords(living);
}
