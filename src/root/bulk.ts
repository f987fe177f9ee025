import type { DocumentWrite } from "../changes/log.ts";
import { HedgerowError } from "../errors.ts";
import { jsonDepthMax, nestsDeeper } from "../protocol/json-depth.ts";
import { jsonElements, onOneLine } from "../protocol/json-text.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { type Clock, yieldToLoop } from "../time.ts";
import { checkDocument, readDocument, withoutMark } from "./documents.ts";

export type Rejection = { line: number; id?: string; code: "invalid_document"; detail: string };

/** A bulk request taken apart: what may be written, and what was turned away line by line. */
export type BulkRequest = { writes: DocumentWrite[]; rejected: Rejection[]; documentBytesMax: number };

export type BulkParts = { clock: Clock; documentBytesMax: number };

const tooDeep = `a document nests deeper than ${jsonDepthMax} levels`;

const sliceMs = 1;
const newline = 0x0a;

/**
 * Reads newline-delimited documents, each of which stands or falls alone. Lines count from one; empty ones are passed
 * over. Works in slices so that searches on the same thread do not wait for a large body.
 */
export async function readLines(sent: Uint8Array, settings: IndexSettings, parts: BulkParts): Promise<BulkRequest> {
  const { clock, documentBytesMax } = parts;
  const body = withoutMark(sent);
  const request: BulkRequest = { writes: [], rejected: [], documentBytesMax };
  let sliceStartMs = clock.nowMs();
  for (let start = 0, line = 1; start < body.length; line++) {
    const found = body.indexOf(newline, start);
    const end = found === -1 ? body.length : found;
    const source = trimmed(body, start, end);
    if (source.length > 0) takeOne(request, { line, source }, settings);
    start = end + 1;
    if (line % 64 === 0 && clock.nowMs() - sliceStartMs > sliceMs) {
      await yieldToLoop();
      sliceStartMs = clock.nowMs();
    }
  }
  return request;
}

/**
 * Reads a JSON array of documents; `line` in a rejection is the position in it, from one. Throws `invalid_request` for a
 * body that is not JSON throughout: where one document ends is then anybody's guess.
 */
export async function readArray(body: Uint8Array, settings: IndexSettings, parts: BulkParts): Promise<BulkRequest> {
  const { clock, documentBytesMax } = parts;
  const list = withoutMark(body);
  const request: BulkRequest = { writes: [], rejected: [], documentBytesMax };
  const elements = jsonElements(list);
  let sliceStartMs = clock.nowMs();
  for (let line = 1; ; line++) {
    const element = elements.next();
    if (element.done === true) {
      if (!element.value)
        throw notJson(
          line === 1 ? noArray : `the body is not JSON: the list neither goes on nor ends behind element ${line - 1}`,
        );
      return request;
    }
    takeElement(request, { line, source: onOneLine(list.subarray(element.value.start, element.value.end)) }, settings);
    if (line % 64 === 0 && clock.nowMs() - sliceStartMs > sliceMs) {
      await yieldToLoop();
      sliceStartMs = clock.nowMs();
    }
  }
}

const noArray = "the body must be a JSON array of documents; for one document a line send application/x-ndjson";

function notJson(detail: string): HedgerowError {
  return new HedgerowError("invalid_request", detail, [{ path: "", detail }]);
}

function trimmed(body: Uint8Array, start: number, end: number): Uint8Array {
  let from = start;
  let to = end;
  while (from < to && (body[from] ?? 0) <= 0x20) from++;
  while (to > from && (body[to - 1] ?? 0) <= 0x20) to--;
  return body.subarray(from, to);
}

function takeOne(request: BulkRequest, at: { line: number; source: Uint8Array }, settings: IndexSettings): void {
  const { length } = at.source;
  const misfit =
    length > request.documentBytesMax ? tooLarge(length, request) : nestsDeeper(at.source) ? tooDeep : undefined;
  if (misfit !== undefined) {
    request.rejected.push({ line: at.line, code: "invalid_document", detail: misfit });
    return;
  }
  const read = readDocument(at.source);
  if (read.kind === "broken") {
    request.rejected.push({ line: at.line, code: "invalid_document", detail: `not JSON: ${read.detail}` });
    return;
  }
  takeDocument(request, { line: at.line, document: read.document, source: at.source }, settings);
}

/** What nests too deep is not looked into; where all of a list must be JSON, that counts as such. */
function takeElement(request: BulkRequest, at: { line: number; source: Uint8Array }, settings: IndexSettings): void {
  if (nestsDeeper(at.source)) {
    request.rejected.push({ line: at.line, code: "invalid_document", detail: tooDeep });
    return;
  }
  const read = readDocument(at.source);
  if (read.kind === "broken") throw notJson(`the body is not JSON: element ${at.line}: ${read.detail}`);
  takeDocument(request, { line: at.line, document: read.document, source: at.source }, settings);
}

function takeDocument(
  request: BulkRequest,
  at: { line: number; document: unknown; source: Uint8Array },
  settings: IndexSettings,
): void {
  const check = checkDocument(at.document, settings);
  if (check.kind === "misfit") {
    const { id, detail } = check;
    request.rejected.push({ line: at.line, ...(id === undefined ? {} : { id }), code: "invalid_document", detail });
    return;
  }
  const { source } = at;
  if (source.length > request.documentBytesMax) {
    const detail = tooLarge(source.length, request);
    request.rejected.push({ line: at.line, id: check.id, code: "invalid_document", detail });
    return;
  }
  request.writes.push({ kind: "put", id: check.id, source, condition: { kind: "none" } });
}

function tooLarge(sizeBytes: number, { documentBytesMax }: Pick<BulkRequest, "documentBytesMax">): string {
  return `a document of ${sizeBytes} bytes is larger than ${documentBytesMax}`;
}
