import { isCount, isListOf } from "../protocol/checks.ts";
import type { ColumnData } from "./column-data.ts";
import type { DictionaryData } from "./dictionary.ts";
import type { SegmentData } from "./segment-data.ts";
import type { StringBytes } from "./string-bytes.ts";

type Check = (value: unknown) => boolean;

/** What each part of a segment is; a part that is added to the type is missed here by the type checker. */
const parts = {
  documents: isCount,
  fields: isCount,
  lengthTotals: (value) => isListOf(value, isCount),
  ids: isDictionary,
  terms: isDictionary,
  words: isStrings,
  wordCounts: isNumbers,
  wordTerms: isNumbers,
  postingEnds: isUint32,
  postingDocs: isUint32,
  termLimits: isNumbers,
  limitRows: isNumbers,
  postingCodes: isNumbers,
  frequencyRows: isNumbers,
  codeLengths: isNumbers,
  lengthRows: isNumbers,
  documentLengths: isNumbers,
  order: isUint8,
  orderEnds: isUint32,
  sources: isUint8,
  sourceEnds: isUint32,
  columns: (value) => Array.isArray(value) && value.every(isColumn),
} satisfies Record<keyof SegmentData, Check>;

const stringParts = { bytes: isUint8, ends: isUint32 } satisfies Record<keyof StringBytes, Check>;

const dictionaryParts = { ...stringParts, table: isUint32 } satisfies Record<keyof DictionaryData, Check>;

const columnParts = {
  values: isColumnValues,
  ranks: isNumbers,
  ends: (value) => value === undefined || isUint32(value),
} satisfies Record<keyof ColumnData, Check>;

/** Whether something that was read is put together as a segment is. What its arrays hold is the checksum's business. */
export function isSegmentData(value: unknown): value is SegmentData {
  return hasParts(value, parts);
}

function hasParts(value: unknown, checks: Readonly<Record<string, Check>>): boolean {
  if (typeof value !== "object" || value === null) return false;
  const held: Record<string, unknown> = { ...value };
  return Object.entries(checks).every(([name, check]) => check(held[name]));
}

function isUint8(value: unknown): boolean {
  return value instanceof Uint8Array;
}

function isUint32(value: unknown): boolean {
  return value instanceof Uint32Array;
}

function isNumbers(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof Uint16Array || value instanceof Uint32Array;
}

function isStrings(value: unknown): boolean {
  return hasParts(value, stringParts);
}

function isDictionary(value: unknown): boolean {
  return hasParts(value, dictionaryParts);
}

function isColumn(value: unknown): boolean {
  return hasParts(value, columnParts);
}

function isColumnValues(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "numbers") return "numbers" in value && value.numbers instanceof Float64Array;
  return value.kind === "keywords" && "keywords" in value && isDictionary(value.keywords);
}
