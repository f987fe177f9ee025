import { unfitAt } from "../errors.ts";
import { columnValue } from "../protocol/column-value.ts";
import { type PlanFilter, type RangeEnds, rangeEnds } from "../protocol/plan.ts";
import { isRecord } from "../protocol/record.ts";
import type { ColumnField, ColumnType, IndexSettings } from "../protocol/settings.ts";
import { instantForm } from "../time.ts";
import { requireColumn } from "./columns.ts";

/** How deep `not`, `and` and `or` may stand in one another. */
const depthMax = 12;
/** Objects, operators, fields and values together; leaves take no more than 10,000. */
const partsMax = 9000;
/** All strings of a filter together. */
const charactersMax = 100_000;

const operators = new Set(["not", "and", "or"]);

/** What is left of the limits while a filter is read. */
type Reading = { settings: IndexSettings; parts: number; characters: number };

/** One part of a filter and the path to it. */
type Part = { value: unknown; path: string; depth: number };

/**
 * Turns a filter as callers write it into conditions on columns; none where it asks for nothing. Throws
 * `invalid_request` naming the path of what does not fit: an unknown field, one without a column, a value of another
 * type, an unknown operator. `not`, `and` and `or` are always operators, even where a field has such a name. An object's
 * members have no order: written in another one they are the same filter, for cursors and for what is kept by filter.
 */
export function planFilter(filter: unknown, settings: IndexSettings): PlanFilter | undefined {
  const reading = { settings, parts: partsMax, characters: charactersMax };
  return readObject({ value: filter, path: "/filter", depth: 0 }, reading);
}

function readObject({ value, path, depth }: Part, reading: Reading): PlanFilter | undefined {
  if (!isRecord(value)) throw unfitAt(path, "must be an object of conditions");
  if (depth > depthMax) throw unfitAt(path, `stands deeper than ${depthMax} levels`);
  spend(reading, 0);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const parts = members.flatMap(([name, part]) => {
    const place = { value: part, path: `${path}/${name}`, depth: depth + 1 };
    spend(reading, 0);
    return (operators.has(name) ? readOperator(name, place, reading) : readField(name, place, reading)) ?? [];
  });
  return parts.length > 1 ? { kind: "and", of: parts } : parts[0];
}

function readOperator(name: string, part: Part, reading: Reading): PlanFilter {
  const { value, path, depth } = part;
  if (name === "not") {
    const of = readObject(part, reading);
    if (of === undefined) throw unfitAt(path, "needs a condition");
    return { kind: "not", of };
  }
  if (!Array.isArray(value) || value.length === 0)
    throw unfitAt(path, "must be a list of at least one object of conditions");
  const of = value.map((each, i) => {
    const read = readObject({ value: each, path: `${path}/${i}`, depth }, reading);
    if (read === undefined) throw unfitAt(`${path}/${i}`, "needs a condition");
    return read;
  });
  return { kind: name === "or" ? "or" : "and", of };
}

function readField(name: string, { value, path }: Part, reading: Reading): PlanFilter {
  const field = requireColumn(name, { path, settings: reading.settings });
  if (Array.isArray(value)) {
    if (value.length === 0) throw unfitAt(path, "needs at least one value");
    const values = value.map((each, i) => readValue(each, { field, path: `${path}/${i}` }, reading));
    return { kind: "in", field: name, values };
  }
  if (!isRecord(value)) return { kind: "in", field: name, values: [readValue(value, { field, path }, reading)] };
  return readRange(value, { field, path }, reading);
}

type FieldPlace = { field: ColumnField; path: string };

function readRange(range: Record<string, unknown>, { field, path }: FieldPlace, reading: Reading): PlanFilter {
  if (field.type === "boolean") throw unfitAt(path, "must be true or false: a boolean field has no ranges");
  const unknown = Object.keys(range).find((key) => !rangeEnds.some((known) => known === key));
  if (unknown !== undefined) throw unfitAt(`${path}/${unknown}`, `is not one of ${rangeEnds.join(", ")}`);
  const ends: RangeEnds = {};
  for (const key of rangeEnds) {
    if (Object.hasOwn(range, key)) ends[key] = readValue(range[key], { field, path: `${path}/${key}` }, reading);
  }
  if (Object.keys(ends).length === 0) throw unfitAt(path, `needs at least one of ${rangeEnds.join(", ")}`);
  return { kind: "range", field: field.name, ...ends };
}

const expectations: Record<ColumnType, string> = {
  keyword: "a string",
  number: "a number",
  boolean: "true or false",
  date: instantForm,
};

/** A value as the field's column holds it. */
function readValue(value: unknown, { field, path }: FieldPlace, reading: Reading): string | number {
  const read = columnValue(value, field.type);
  if (read === undefined) throw unfitAt(path, `must be ${expectations[field.type]}, as the field "${field.name}" is`);
  spend(reading, typeof read === "string" ? read.length : 0);
  return read;
}

/** Counts one part and its characters against the limits. */
function spend(reading: Reading, characters: number): void {
  reading.parts--;
  reading.characters -= characters;
  if (reading.parts < 0) throw unfitAt("/filter", `has more than ${partsMax} parts`);
  if (reading.characters < 0) throw unfitAt("/filter", `has more than ${charactersMax} characters`);
}
