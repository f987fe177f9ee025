import { isRecord } from "../protocol/record.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { columnFields, textFields } from "../protocol/settings.ts";
import type { Analyzer } from "./analyzer.ts";
import { type CellValue, cellOf } from "./column-values.ts";
import { DocumentTally } from "./document-tally.ts";
import type { TokenOrder } from "./token-order.ts";

/** A document as the index takes it: its terms counted, its columns' values read, its source kept as it came. */
export type AnalyzedDocument = {
  id: string;
  source: Uint8Array;
  /** Each field's terms, each once, as `fieldKey(field, term)`, and how often the field holds it. */
  keys: string[];
  frequencies: number[];
  /** How many terms each text field holds, in index order. */
  lengths: number[];
  /** The words of its text fields before stemming, folded, each once. */
  words: string[];
  /** For each of the words the place in `keys` of one that it became. */
  wordKeys: number[];
  /** Its tokens in order, field after field, as places in `keys`. */
  order: TokenOrder;
  /** The value of each column, in index order. */
  cells: CellValue[];
};

export type DocumentAnalyzer = (id: string, source: Uint8Array) => AnalyzedDocument;

/** Analyzes documents of one index. A source that is no JSON object is kept as an empty document. */
export function createDocumentAnalyzer(settings: IndexSettings, analyzer: Analyzer): DocumentAnalyzer {
  const fields = textFields(settings);
  const columns = columnFields(settings);
  const decoder = new TextDecoder();
  let tally = new DocumentTally(fields.length);
  let forgotten = analyzer.makeRoom();

  return (id, bytes) => {
    const parsed = parseObject(decoder.decode(bytes));
    const source = parsed === undefined ? new TextEncoder().encode(JSON.stringify({ id })) : bytes;
    const forgottenNow = analyzer.makeRoom();
    if (forgottenNow !== forgotten) tally = new DocumentTally(fields.length);
    forgotten = forgottenNow;
    tally.begin();
    const lengths = fields.map((name, field) => {
      tally.beginField(field);
      eachText(parsed?.[name], (text) => {
        tally.beginText();
        analyzer.eachTerm(text, tally.take);
      });
      return tally.length;
    });
    const cells = columns.map(({ name, type }) => cellOf(parsed?.[name], type));
    return { id, source, lengths, cells, ...tally.end() };
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Calls back with each text of a field's value: a string, a number, or a list of them. */
export function eachText(value: unknown, take: (text: string) => void): void {
  if (typeof value === "string") take(value);
  else if (typeof value === "number") take(String(value));
  else if (Array.isArray(value)) for (const part of value) eachText(part, take);
}
