import type { IndexSettings } from "../protocol/settings.ts";
import { columnFields, textFields } from "../protocol/settings.ts";
import type { Analyzer } from "./analyzer.ts";
import { type CellValue, cellOf } from "./column-values.ts";
import { itemGap, type TokenOrder, TokenOrderBuilder } from "./token-order.ts";

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
  /** Its tokens in order, field after field, as places in `keys`. */
  order: TokenOrder;
  /** The value of each column, in index order. */
  cells: CellValue[];
};

/** A term within one text field, as one string: the field's number as the first character, then the term. */
export function fieldKey(field: number, term: string): string {
  return String.fromCharCode(field + 1) + term;
}

export function keyField(key: string): number {
  return key.charCodeAt(0) - 1;
}

export function keyTerm(key: string): string {
  return key.slice(1);
}

export type DocumentAnalyzer = (id: string, source: Uint8Array) => AnalyzedDocument;

const internedKeysMax = 1 << 17;

/** Analyzes documents of one index. A source that is no JSON object is kept as an empty document. */
export function createDocumentAnalyzer(settings: IndexSettings, analyzer: Analyzer): DocumentAnalyzer {
  const fields = textFields(settings);
  const columns = columnFields(settings);
  const decoder = new TextDecoder();
  const interned = fields.map(() => new Map<string, string>());
  const order = new TokenOrderBuilder();

  const keyOf = (field: number, term: string): string => {
    const keys = interned[field];
    const known = keys?.get(term);
    if (known !== undefined) return known;
    const key = fieldKey(field, term);
    if (keys !== undefined && keys.size >= internedKeysMax) keys.clear();
    keys?.set(term, key);
    return key;
  };

  return (id, bytes) => {
    const parsed = parseObject(decoder.decode(bytes));
    const source = parsed === undefined ? new TextEncoder().encode(JSON.stringify({ id })) : bytes;
    const places = new Map<string, number>();
    const words = new Set<string>();
    const frequencies: number[] = [];
    const count = (key: string): number => {
      const place = places.get(key) ?? places.size;
      if (place === places.size) places.set(key, place);
      frequencies[place] = (frequencies[place] ?? 0) + 1;
      return place;
    };
    const lengths = fields.map((name, field) => {
      let length = 0;
      eachText(parsed?.[name], (text) => {
        let last = -1;
        analyzer.eachTerm(text, (term, position, folded) => {
          words.add(folded);
          order.add(count(keyOf(field, term)), length === 0 ? 0 : last < 0 ? itemGap : position - last - 1);
          last = position;
          length++;
        });
      });
      return length;
    });
    const cells = columns.map(({ name, type }) => cellOf(parsed?.[name], type));
    return {
      id,
      source,
      keys: [...places.keys()],
      frequencies,
      lengths,
      words: [...words],
      order: order.take(),
      cells,
    };
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
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
