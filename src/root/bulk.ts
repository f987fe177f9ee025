import type { DocumentWrite } from "../changes/log.ts";
import { type HedgerowError, invalidAt } from "../errors.ts";
import { asBuffer } from "../protocol/bytes.ts";
import { jsonDepthMax, nestsDeeper } from "../protocol/json-depth.ts";
import { jsonElements, jsonMembers, onOneLine, parseJson } from "../protocol/json-text.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { type Clock, yieldToLoop } from "../time.ts";
import { checkDocument, checkId, readDocument, withoutMark } from "./documents.ts";

type RejectionCode = "invalid_document" | "too_large";

export type Rejection = { line: number; id?: string; code: RejectionCode; detail: string };

/** A bulk request taken apart: what may be written, and what was turned away line by line. */
export type BulkRequest = { writes: DocumentWrite[]; rejected: Rejection[]; documentBytesMax: number };

/** A document as it was sent. */
type Sent = { line: number; source: Uint8Array };

export type BulkParts = { clock: Clock; documentBytesMax: number };

const tooDeep = `a document nests deeper than ${jsonDepthMax} levels`;

const sliceMs = 1;
const newline = 0x0a;
const idName = Buffer.from('"id"');

/**
 * Reads newline-delimited documents, each of which stands or falls alone. Lines count from one; empty ones are passed
 * over. Works in slices so that searches on the same thread do not wait for a large body.
 */
export async function readLines(sent: Uint8Array, settings: IndexSettings, parts: BulkParts): Promise<BulkRequest> {
  const { clock, documentBytesMax } = parts;
  const body = withoutMark(sent);
  const request: BulkRequest = { writes: [], rejected: [], documentBytesMax };
  const pause = slicesOf(clock);
  for (let start = 0, line = 1; start < body.length; line++) {
    const found = body.indexOf(newline, start);
    const end = found === -1 ? body.length : found;
    const source = trimmed(body, start, end);
    if (source.length > 0) takeLine(request, { line, source }, settings);
    start = end + 1;
    const rest = pause();
    if (rest !== undefined) await rest;
  }
  return request;
}

/**
 * Reads a JSON array of documents; `line` in a rejection is the position in it, from one. Throws `invalid_request` for a
 * body that is not JSON throughout, but for documents that are not looked into: where one ends is then anybody's guess.
 */
export async function readArray(body: Uint8Array, settings: IndexSettings, parts: BulkParts): Promise<BulkRequest> {
  const { clock, documentBytesMax } = parts;
  const list = withoutMark(body);
  const request: BulkRequest = { writes: [], rejected: [], documentBytesMax };
  const elements = jsonElements(list);
  const pause = slicesOf(clock);
  for (let line = 1; ; line++) {
    const element = elements.next();
    if (element.done === true) {
      if (!element.value)
        throw notJson(
          line === 1 ? bulkForm : `the body is not JSON: the list neither goes on nor ends behind element ${line - 1}`,
        );
      return request;
    }
    takeElement(request, { line, source: onOneLine(list.subarray(element.value.start, element.value.end)) }, settings);
    const rest = pause();
    if (rest !== undefined) await rest;
  }
}

/** Lets the event loop go on once a slice is used up. Asked after every document: one alone may take more than a slice. */
function slicesOf(clock: Clock): () => Promise<void> | undefined {
  let startMs = clock.nowMs();
  return () => {
    if (clock.nowMs() - startMs <= sliceMs) return undefined;
    return yieldToLoop().then(() => {
      startMs = clock.nowMs();
    });
  };
}

/** What the body of a bulk request is, for whoever sent another, or none. */
export const bulkForm = "the body must be a JSON array of documents; for one document a line send application/x-ndjson";

function notJson(detail: string): HedgerowError {
  return invalidAt("", detail);
}

function trimmed(body: Uint8Array, start: number, end: number): Uint8Array {
  let from = start;
  let to = end;
  while (from < to && (body[from] ?? 0) <= 0x20) from++;
  while (to > from && (body[to - 1] ?? 0) <= 0x20) to--;
  return body.subarray(from, to);
}

function takeLine(request: BulkRequest, at: Sent, settings: IndexSettings): void {
  const broken = takeText(request, at, settings);
  if (broken !== undefined) reject(request, at, `not JSON: ${broken}`);
}

function takeElement(request: BulkRequest, at: Sent, settings: IndexSettings): void {
  const broken = takeText(request, at, settings);
  if (broken !== undefined) throw notJson(`the body is not JSON: element ${at.line}: ${broken}`);
}

/** Takes a document or rejects it. Answers why its text is not JSON; what is too large or too deep is not looked into. */
function takeText(request: BulkRequest, at: Sent, settings: IndexSettings): string | undefined {
  const { length } = at.source;
  if (length > request.documentBytesMax) {
    const detail = `a document of ${length} bytes is larger than ${request.documentBytesMax}`;
    const id = idWithin(at.source.subarray(0, request.documentBytesMax));
    reject(request, { line: at.line, id, code: "too_large" }, detail);
    return undefined;
  }
  if (nestsDeeper(at.source)) {
    reject(request, at, tooDeep);
    return undefined;
  }
  const read = readDocument(at.source);
  if (read.kind === "broken") return read.detail;
  takeDocument(request, { ...at, document: read.document }, settings);
  return undefined;
}

/** The id of a document of which only the beginning is looked at, if it stands there. */
function idWithin(beginning: Uint8Array): string | undefined {
  const text = asBuffer(beginning);
  for (const { name, value } of jsonMembers(text)) {
    if (!text.subarray(name.start, name.end).equals(idName)) continue;
    const check = checkId({ id: parseJson(text.toString("utf8", value.start, value.end)) });
    return check.kind === "fits" ? check.id : undefined;
  }
  return undefined;
}

function takeDocument(request: BulkRequest, at: Sent & { document: unknown }, settings: IndexSettings): void {
  const check = checkDocument(at.document, settings);
  if (check.kind === "misfit") {
    reject(request, { line: at.line, id: check.id }, check.detail);
    return;
  }
  request.writes.push({ kind: "put", id: check.id, source: at.source, condition: { kind: "none" } });
}

type Rejected = { line: number; id?: string | undefined; code?: RejectionCode };

function reject(request: BulkRequest, { line, id, code = "invalid_document" }: Rejected, detail: string): void {
  request.rejected.push({ line, ...(id === undefined ? {} : { id }), code, detail });
}
