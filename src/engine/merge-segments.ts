import { compareIds } from "../protocol/hit.ts";
import { type Assembly, assemble } from "./assemble.ts";
import { startOf } from "./ends.ts";
import { mergeColumns } from "./merge-columns.ts";
import { mergeOrders } from "./merge-orders.ts";
import { RowTable } from "./row-table.ts";
import { Segment } from "./segment.ts";
import type { SegmentData } from "./segment-data.ts";
import { StringTable } from "./string-table.ts";

/** A segment to merge, without the documents that are dead (ascending). */
export type MergeSource = { data: SegmentData; dead: Uint32Array };

type Source = { segment: Segment; live: Uint32Array; newDocs: Int32Array };

/** One segment with the living documents of several. Ids must be distinct among the living. */
export function mergeSegments(sources: readonly MergeSource[]): SegmentData {
  const fields = sources[0]?.data.fields ?? 0;
  const opened = sources.map(openSource);
  const assembly = {
    fields,
    ...numberDocuments(opened),
    codes: new RowTable(2 * fields),
    lengths: new RowTable(fields),
  };
  const documentLengths = new Uint32Array(assembly.ids.length);
  const { termNumbers, ...merged } = mergePostings(opened, { ...assembly, documentLengths });
  const { orders, words } = mergeOrders(
    opened.map(({ segment, newDocs }, i) => ({ segment, newDocs, newTerms: termNumbers[i] ?? new Uint32Array() })),
    assembly.ids.length,
  );
  const columns = mergeColumns(
    opened.map(({ segment, newDocs }) => ({ columns: segment.data.columns, newDocs })),
    assembly.ids.length,
  );
  return assemble({ ...assembly, ...merged, documentLengths, orders, words, columns });
}

function openSource({ data, dead }: MergeSource): Source {
  const newDocs = new Int32Array(data.documents);
  for (const doc of dead) newDocs[doc] = -1;
  const live = Uint32Array.from(newDocs.keys()).filter((doc) => newDocs[doc] === 0);
  return { segment: new Segment(data), live, newDocs };
}

/** Where a source stands: its next living document, if there is one. */
type SourceHead = { id: string | undefined; advance(): void; take(): void };

/** Merges the sources' documents, each already in the order of its ids, and notes their new numbers. */
function numberDocuments(sources: readonly Source[]): Pick<Assembly, "ids" | "sources"> {
  const ids: string[] = [];
  const bodies: Uint8Array[] = [];
  const heads = sources.map(({ segment, live, newDocs }) => {
    let at = -1;
    const head: SourceHead = {
      id: undefined,
      advance() {
        const doc = live[++at];
        head.id = doc === undefined ? undefined : segment.idAt(doc);
      },
      take() {
        const doc = live[at] ?? 0;
        newDocs[doc] = ids.length;
        bodies.push(segment.sourceView(doc));
      },
    };
    head.advance();
    return head;
  });
  for (;;) {
    const least = leastOf(heads);
    if (least?.id === undefined) return { ids, sources: bodies };
    least.take();
    ids.push(least.id);
    least.advance();
  }
}

/**
 * The source whose next document comes first; none once all have ended. By itself: as a loop within the loop over documents
 * it was thrown out of its compiled code once a document, seven thousand times in a merge.
 */
function leastOf(heads: readonly SourceHead[]): SourceHead | undefined {
  let least: SourceHead | undefined;
  for (const head of heads) {
    if (head.id === undefined) continue;
    if (least?.id === undefined || compareIds(head.id, least.id) < 0) least = head;
  }
  return least;
}

type Target = Pick<Assembly, "fields" | "codes" | "lengths" | "documentLengths">;

/** `termNumbers`: for each source the new numbers of its terms. */
type MergedPostings = Pick<Assembly, "terms" | "postings"> & { termNumbers: Uint32Array[] };

function mergePostings(sources: readonly Source[], target: Target): MergedPostings {
  const total = sources.reduce((sum, { segment }) => sum + segment.data.postingDocs.length, 0);
  const postings = { terms: new Uint32Array(total), docs: new Uint32Array(total), codes: new Uint32Array(total) };
  const numbers = new StringTable();
  const termNumbers: Uint32Array[] = [];
  let size = 0;
  for (const source of sources) {
    const { segment, newDocs } = source;
    const { postingDocs, postingCodes, postingEnds, terms } = segment.data;
    const newCode = codeMapping(source, target);
    const newTerms = new Uint32Array(postingEnds.length);
    termNumbers.push(newTerms);
    let at = 0;
    for (let old = 0; old < postingEnds.length; old++) {
      const number = numbers.numberOf(terms.bytes, startOf(terms.ends, old), terms.ends[old] ?? 0);
      newTerms[old] = number;
      for (const end = postingEnds[old] ?? 0; at < end; at++) {
        const doc = newDocs[postingDocs[at] ?? 0] ?? -1;
        if (doc < 0) continue;
        postings.terms[size] = number;
        postings.docs[size] = doc;
        postings.codes[size++] = newCode(postingCodes[at] ?? 0);
      }
    }
  }
  return {
    termNumbers,
    terms: numbers.strings,
    postings: {
      terms: postings.terms.subarray(0, size),
      docs: postings.docs.subarray(0, size),
      codes: postings.codes.subarray(0, size),
    },
  };
}

const unmapped = 0xffff_ffff;

/** Gives a source's codes their new numbers as they come, so that what only the dead had is not kept. */
function codeMapping({ segment, live, newDocs }: Source, target: Target): (code: number) => number {
  const { lengthRows, documentLengths, codeLengths, frequencyRows } = segment.data;
  const { fields } = target;
  const newRows = new Uint32Array(lengthRows.length / Math.max(1, fields)).fill(unmapped);
  const newCodes = new Uint32Array(frequencyRows.length / Math.max(1, fields)).fill(unmapped);
  const row = new Uint32Array(2 * fields);
  for (const doc of live) {
    const old = documentLengths[doc] ?? 0;
    if (newRows[old] === unmapped) newRows[old] = target.lengths.numberOf(lengthRows, old * fields);
    target.documentLengths[newDocs[doc] ?? 0] = newRows[old] ?? 0;
  }
  return (code) => {
    if (newCodes[code] === unmapped) {
      row.set(frequencyRows.subarray(code * fields, (code + 1) * fields));
      row.set(codeLengths.subarray(code * fields, (code + 1) * fields), fields);
      newCodes[code] = target.codes.numberOf(row);
    }
    return newCodes[code] ?? 0;
  };
}
