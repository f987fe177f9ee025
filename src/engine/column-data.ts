import type { ColumnType } from "../protocol/settings.ts";
import type { DictionaryData } from "./dictionary.ts";

/** What a column holds: numbers (dates as milliseconds since 1970, booleans as 0 and 1), or strings. */
export type ColumnKind = "numbers" | "keywords";

/** One value of a column. */
export type ColumnValue = number | string;

/**
 * One field of all documents, as typed arrays in shared memory. The distinct values stand once, ascending; a document
 * holds their ranks, counted from 1.
 */
export type ColumnData = {
  values: { kind: "numbers"; numbers: Float64Array } | { kind: "keywords"; keywords: DictionaryData };
  /** Without `ends`: the rank of each document's value, 0 where it has none. With it: all ranks, document by document. */
  ranks: RankArray;
  /** Where each document's ranks end in `ranks`, ascending within it; only where some document has several. */
  ends: Uint32Array | undefined;
};

export type RankArray = Uint8Array | Uint16Array | Uint32Array;

export function columnKind(type: ColumnType): ColumnKind {
  return type === "keyword" ? "keywords" : "numbers";
}

/** Memory of a column. */
export function columnSizeBytes({ values, ranks, ends }: ColumnData): number {
  const parts: ArrayBufferView[] = values.kind === "numbers" ? [values.numbers] : Object.values(values.keywords);
  if (ends !== undefined) parts.push(ends);
  return parts.reduce((sum, part) => sum + part.byteLength, ranks.byteLength);
}
