import { narrowed } from "./narrow.ts";
import type { RowTable } from "./row-table.ts";
import type { SegmentData } from "./segment-data.ts";
import { newUint16, newUint32 } from "./shared-arrays.ts";

/**
 * Renumbers a segment's codes, the most used first: scoring reads a table by code for every posting, and few codes make
 * up most postings, so what is read stays in the processor's first cache. `rows` holds, for each code, one frequency and
 * then one length per field.
 */
export function rankCodes(
  codes: Uint32Array,
  rows: RowTable,
  fields: number,
): Pick<SegmentData, "postingCodes" | "frequencyRows" | "codeLengths"> {
  const uses = new Uint32Array(rows.size);
  for (const code of codes) uses[code] = (uses[code] ?? 0) + 1;
  const order = Array.from(uses.keys()).sort((a, b) => (uses[b] ?? 0) - (uses[a] ?? 0) || a - b);
  const rankOf = new Uint32Array(rows.size);
  const frequencyRows = new Uint32Array(rows.size * fields);
  const codeLengths = new Uint32Array(rows.size * fields);
  order.forEach((code, rank) => {
    rankOf[code] = rank;
    const start = code * 2 * fields;
    frequencyRows.set(rows.rows.subarray(start, start + fields), rank * fields);
    codeLengths.set(rows.rows.subarray(start + fields, start + 2 * fields), rank * fields);
  });
  const postingCodes = newCodes(codes.length, rows.size);
  for (let i = 0; i < codes.length; i++) postingCodes[i] = rankOf[codes[i] ?? 0] ?? 0;
  return { postingCodes, frequencyRows: narrowed(frequencyRows), codeLengths: narrowed(codeLengths) };
}

function newCodes(length: number, codeCount: number): Uint16Array | Uint32Array {
  return codeCount > 0x1_0000 ? newUint32(length) : newUint16(length);
}
