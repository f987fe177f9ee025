import { type ErrorPlace, HedgerowError } from "../errors.ts";
import { idBytesMax } from "../protocol/hit.ts";
import { isRecord } from "../protocol/record.ts";
import type { FieldType, IndexSettings } from "../protocol/settings.ts";
import { instantForm, parseInstant } from "../time.ts";

export type DocumentCheck =
  | { kind: "fits"; id: string }
  | { kind: "misfit"; id: string | undefined; detail: string; places: ErrorPlace[] };

/** A document's text as JSON. `detail` says why it is none. */
export type DocumentReading = { kind: "document"; document: unknown } | { kind: "broken"; detail: string };

const byteOrderMark = [0xef, 0xbb, 0xbf];
// A mark inside of a text would be stored with it, and spliced into answers.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A body without the mark that some editors begin a file with. */
export function withoutMark(body: Uint8Array): Uint8Array {
  return byteOrderMark.every((byte, i) => body[i] === byte) ? body.subarray(byteOrderMark.length) : body;
}

/** Parses a document's text. It is stored as it came, so every byte of it has to be right. */
export function readDocument(source: Uint8Array): DocumentReading {
  try {
    return { kind: "document", document: JSON.parse(decoder.decode(source)) };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: "broken", detail: error.message };
    return { kind: "broken", detail: "it is not UTF-8" };
  }
}

/** Checks a parsed document against an index: its id, and every declared field's type. Unknown fields are welcome. */
export function checkDocument(document: unknown, settings: IndexSettings): DocumentCheck {
  const named = checkId(document);
  if (named.kind === "misfit" || !isRecord(document)) return named;
  // Whoever sends a request for such an address makes another of it on the way: that of the index, for "..".
  if (named.id === "." || named.id === "..")
    return misfit(named.id, "id", `"id" must not be "${named.id}", which no address can hold`);
  const places: ErrorPlace[] = [];
  for (const [field, value] of Object.entries(document)) {
    if (field === "id" || value === null || !Object.hasOwn(settings.fields, field)) continue;
    const type = settings.fields[field]?.type ?? "stored";
    const expected = expectation(type, value);
    if (expected !== undefined) places.push({ path: `/${field}`, detail: `must be ${expected}` });
  }
  const [first] = places;
  if (first === undefined) return named;
  return { kind: "misfit", id: named.id, detail: `"${first.path.slice(1)}" ${first.detail}`, places };
}

/**
 * Checks what no document can be without. What was taken once is held to no more than that: a backup must come back
 * even where new documents are held to more.
 */
export function checkId(document: unknown): DocumentCheck {
  if (!isRecord(document)) return misfit(undefined, "", "a document must be a JSON object");
  const id: unknown = "id" in document ? document.id : undefined;
  if (typeof id !== "string" || id === "")
    return misfit(undefined, "id", 'a document needs an "id", a string that is not empty');
  if (!id.isWellFormed()) return misfit(undefined, "id", '"id" holds half of a character');
  if (Buffer.byteLength(id) > idBytesMax) return misfit(undefined, "id", `"id" is longer than ${idBytesMax} bytes`);
  return { kind: "fits", id };
}

/** The same as an exception, for requests about one document. */
export function requireDocument(document: unknown, settings: IndexSettings): string {
  const check = checkDocument(document, settings);
  if (check.kind === "fits") return check.id;
  throw new HedgerowError("invalid_document", check.detail, check.places);
}

function misfit(id: string | undefined, field: string, detail: string): DocumentCheck {
  return { kind: "misfit", id, detail, places: [{ path: field === "" ? "" : `/${field}`, detail }] };
}

/** What the type wants, where the value is something else. */
function expectation(type: FieldType, value: unknown): string | undefined {
  switch (type) {
    case "text":
    case "keyword":
      return isText(value) ? undefined : "a string or a list of strings";
    case "number":
      if (typeof value !== "number") return "a number";
      return Number.isFinite(value) ? undefined : "a number of at most 1.8e308, which is all that can be counted with";
    case "boolean":
      return typeof value === "boolean" ? undefined : "true or false";
    case "date":
      return isDate(value) ? undefined : instantForm;
    case "stored":
      return undefined;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" || (Array.isArray(value) && value.every((item) => typeof item === "string"));
}

function isDate(value: unknown): boolean {
  return typeof value === "string" && parseInstant(value) !== undefined;
}
