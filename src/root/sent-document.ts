import { HedgerowError, invalidAt } from "../errors.ts";
import { jsonDepthMax, nestsDeeper } from "../protocol/json-depth.ts";
import { jsonMembers, onOneLine } from "../protocol/json-text.ts";
import { isRecord } from "../protocol/record.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { readDocument, requireDocument, withoutMark } from "./documents.ts";

/** What a document is held to. */
export type DocumentBounds = { settings: IndexSettings; documentBytesMax: number };

/**
 * The document that a request's body is, under the path's id: its text as it came, with that id in front where it names
 * none. Throws `too_large` before it reads what it need not, `invalid_request` for a body that is not JSON, and
 * `invalid_document` for one that does not fit the index.
 */
export function sentDocument(body: unknown, id: string, bounds: DocumentBounds): { id: string; source: Uint8Array } {
  const { settings, documentBytesMax } = bounds;
  if (!Buffer.isBuffer(body) || body.length === 0)
    return { id: requireDocument(undefined, settings), source: Buffer.of() };
  const text = onOneLine(withoutMark(body));
  // Parsing many megabytes holds up every search.
  requireSize(text, documentBytesMax);
  if (nestsDeeper(text)) throw invalidAt("", `the body nests deeper than ${jsonDepthMax} levels`);
  const read = readDocument(text);
  if (read.kind === "broken") throw invalidAt("", `the body is not JSON: ${read.detail}`);
  const document = withId(read.document, id);
  const isNamed = document === read.document;
  const source = isNamed ? text : begunWithId(text, id);
  const checked = { id: requireDocument(document, settings), source };
  requireSize(source, documentBytesMax);
  return checked;
}

function requireSize({ length }: Uint8Array, documentBytesMax: number): void {
  if (length > documentBytesMax)
    throw new HedgerowError("too_large", `a document of ${length} bytes is larger than ${documentBytesMax}`);
}

/** The document with the path's id in it; another id in the body is a mistake worth naming. */
function withId(document: unknown, id: string): unknown {
  if (!isRecord(document)) return document;
  if (!Object.hasOwn(document, "id")) return { id, ...document };
  if (document.id !== id) throw invalidAt("/id", `"id" differs from the "${id}" of the path`, "invalid_document");
  return document;
}

/** An object's text with an id as its first member. */
function begunWithId(text: Uint8Array, id: string): Uint8Array {
  const members = text.subarray(1);
  const isEmpty = jsonMembers(text).next().done === true;
  return Buffer.concat([Buffer.from(`{"id":${JSON.stringify(id)}${isEmpty ? "" : ","}`), members]);
}
