import { type NarrowArray, narrowed } from "./narrow.ts";
import { RowTable } from "./row-table.ts";

/**
 * What bounds a term's worth in some documents, whatever the weights and averages: for each text field the most that
 * one of them holds the term there (0: none does), then for each field the least that such a field is long. Coarse, so
 * that few rows are distinct.
 */
export type LimitRow = readonly number[];

/** For each term of a segment its row, `2 * fields` numbers of `limitRows`. */
export type SegmentLimits = { termLimits: NarrowArray; limitRows: NarrowArray };

/** A segment's rows by term; equal ones are the same object. Holds on to nothing else of the segment. */
export function limitsByTerm(segment: SegmentLimits & { fields: number }): (term: number) => LimitRow {
  const { termLimits, limitRows } = segment;
  const width = 2 * segment.fields;
  const rows: number[][] = [];
  return (term) => {
    const number = termLimits[term] ?? 0;
    const row = rows[number] ?? Array.from(limitRows.subarray(number * width, (number + 1) * width));
    rows[number] = row;
    return row;
  };
}

type Codes = {
  fields: number;
  postingEnds: Uint32Array;
  postingCodes: Uint16Array | Uint32Array;
  frequencyRows: NarrowArray;
  codeLengths: NarrowArray;
};

/** The limits of every term over all its postings. */
export function segmentLimits(codes: Codes): SegmentLimits {
  const { fields, postingEnds, postingCodes } = codes;
  const rows = new RowTable(2 * fields);
  const row = new Uint32Array(2 * fields);
  const numbers = new Uint32Array(postingEnds.length);
  let at = 0;
  postingEnds.forEach((end, term) => {
    row.fill(0);
    for (; at < end; at++) widenByCode(row, postingCodes[at] ?? 0, codes);
    coarsen(row, fields);
    numbers[term] = rows.numberOf(row);
  });
  return { termLimits: narrowed(numbers), limitRows: narrowed(rows.rows) };
}

function widenByCode(row: Uint32Array, code: number, { fields, frequencyRows, codeLengths }: Codes): void {
  for (let field = 0; field < fields; field++) {
    const frequency = frequencyRows[code * fields + field] ?? 0;
    if (frequency > 0) widenField(row, { field, frequency, length: codeLengths[code * fields + field] ?? 0 });
  }
}

/** One field's part of a document: it holds the term `frequency` times, at least once. */
export type FieldUse = { field: number; frequency: number; length: number };

/** Makes a row wide enough for a document's field. */
export function widenField(row: Uint32Array | number[], { field, frequency, length }: FieldUse): void {
  const lengthAt = row.length / 2 + field;
  const before = row[field] ?? 0;
  row[lengthAt] = before === 0 ? length : Math.min(row[lengthAt] ?? 0, length);
  row[field] = Math.max(before, frequency);
}

/** Makes a row coarse: still wide enough, and like many others. */
export function coarsen(row: Uint32Array | number[], fields: number): void {
  for (let field = 0; field < fields; field++) {
    row[field] = coarseUp(row[field] ?? 0);
    row[fields + field] = coarseDown(row[fields + field] ?? 0);
  }
}

/** The greatest power of two that is at most `count`; 0 for 0. */
function coarseDown(count: number): number {
  return count === 0 ? 0 : 2 ** (31 - Math.clz32(count));
}

/** The least power of two that is at least `count`; 0 for 0. */
function coarseUp(count: number): number {
  const down = coarseDown(count);
  return down === count ? count : down * 2;
}
