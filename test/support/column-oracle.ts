import { type ColumnDocument, type ColumnName, columnTypes, instants } from "./column-documents.ts";

type Value = string | number | boolean;

/** What a document holds in a column, without repetitions; dates in milliseconds. */
export function valuesOf(document: ColumnDocument, name: ColumnName): Value[] {
  const value = document[name] ?? [];
  const list = typeof value === "object" ? value : [value];
  return [...new Set(list.map((each) => comparable(each, name)))];
}

function comparable(value: Value, name: ColumnName): Value {
  if (columnTypes[name].type === "date") return instants[String(value)]?.instantMs ?? Number.NaN;
  return value === 0 ? 0 : value;
}

/** Whether a document passes a filter, condition by condition. */
export function passes(document: ColumnDocument, filter: object): boolean {
  return Object.entries(filter).every(([name, condition]: [string, unknown]) => {
    if (name === "not") return !passes(document, objectOf(condition));
    if (name === "or") return listOf(condition).some((part) => passes(document, objectOf(part)));
    if (name === "and") return listOf(condition).every((part) => passes(document, objectOf(part)));
    if (!isColumn(name)) throw new Error(`no column ${name}`);
    return valuesOf(document, name).some((value) => meets(value, condition, name));
  });
}

function meets(value: Value, condition: unknown, name: ColumnName): boolean {
  if (Array.isArray(condition)) return condition.some((each) => meets(value, each, name));
  if (typeof condition !== "object" || condition === null) return value === comparable(scalarOf(condition), name);
  return Object.entries(condition).every(([key, end]: [string, unknown]) => {
    const bound = comparable(scalarOf(end), name);
    if (key === "gte") return value >= bound;
    if (key === "gt") return value > bound;
    return key === "lte" ? value <= bound : value < bound;
  });
}

/** How often each value stands in the documents, and in how many documents none does. */
export function countValues(
  documents: readonly ColumnDocument[],
  name: ColumnName,
): { counts: Map<Value, number>; missing: number } {
  const counts = new Map<Value, number>();
  let missing = 0;
  for (const document of documents) {
    const values = valuesOf(document, name);
    if (values.length === 0) missing++;
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return { counts, missing };
}

/** The most frequent values first, equal counts in the order of the values. */
export function rankCounts(counts: ReadonlyMap<Value, number>): [Value, number][] {
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

type Scored = { document: ColumnDocument & { id: string }; score: number };

/** What a hit is sorted by under one key: a column's least value, or null. */
export function sortValue({ document, score }: Scored, key: string): Value | null {
  const name = key.replace("-", "");
  if (name === "_score") return score;
  if (!isColumn(name)) throw new Error(`no column ${name}`);
  const [least] = valuesOf(document, name).sort((a, b) => (a < b ? -1 : 1));
  return least ?? null;
}

/** The documents in the order asked for: null last, then by id. */
export function inOrder<Item extends Scored>(items: readonly Item[], sort: readonly string[]): Item[] {
  return [...items].sort((a, b) => {
    for (const key of sort) {
      const [x, y] = [sortValue(a, key), sortValue(b, key)];
      if (x === y) continue;
      if (x === null || y === null) return x === null ? 1 : -1;
      const descends = key.startsWith("-") || key === "_score";
      return x < y === descends ? 1 : -1;
    }
    return a.document.id < b.document.id ? -1 : 1;
  });
}

function isColumn(name: string): name is ColumnName {
  return Object.hasOwn(columnTypes, name);
}

function objectOf(value: unknown): object {
  if (typeof value !== "object" || value === null) throw new Error("no object");
  return value;
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error("no list");
  return value;
}

function scalarOf(value: unknown): Value {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  throw new Error("no value");
}
