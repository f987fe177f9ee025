import type { DocumentWrite, WriteCondition } from "../changes/log.ts";
import { HedgerowError } from "../errors.ts";
import type { App } from "./app.ts";
import { readArray, readLines } from "./bulk.ts";
import { sentDocument } from "./sent-document.ts";
import type { RootService } from "./service.ts";

/** Of bodies with one document a line. */
const lineMediaTypes = ["application/x-ndjson", "application/ndjson"];

type DocumentParameters = { Params: { index: string; id: string } };

/** Writing and reading documents. Every acknowledgement follows the log's: it is durable. */
export function documentRoutes(app: App, service: RootService): void {
  // Bulk bodies are read line by line or element by element, never by the server's own JSON parser.
  app.register(async (scope) => {
    readRaw(scope, ["application/json", ...lineMediaTypes]);
    scope.post<{ Params: { index: string }; Body: unknown }>("/v1/indexes/:index/documents", async (request) => {
      const index = service.catalog.get(request.params.index, request.grant);
      const key = keyOf(request.headers["idempotency-key"]);
      if (!Buffer.isBuffer(request.body)) throw new HedgerowError("invalid_request", "the body must hold documents");
      const isLines = request.headers["content-type"]?.includes("ndjson") ?? false;
      const read = isLines ? readLines : readArray;
      const { clock, documentBytesMax } = service;
      const { writes, rejected } = await read(request.body, index.definition.settings, { clock, documentBytesMax });
      const { sequence } = await service.write(index.definition.index, writes, key);
      return { accepted: writes.length, rejected, token: String(sequence) };
    });
  });

  // So are single ones: what is stored is the text that came.
  app.register(async (scope) => {
    readRaw(scope, ["application/json"]);
    scope.put<DocumentParameters & { Body: unknown }>("/v1/indexes/:index/documents/:id", async (request, reply) => {
      const index = service.catalog.get(request.params.index, request.grant);
      const { id, source } = sentDocument(request.body, request.params.id, index.definition.settings);
      if (source.length > service.documentBytesMax) {
        const detail = `a document of ${source.length} bytes is larger than ${service.documentBytesMax}`;
        throw new HedgerowError("too_large", detail);
      }
      const condition = conditionOf(request.headers);
      const write: DocumentWrite = { kind: "put", id, source, condition };
      const { version, found } = await writeOne(service, index.definition.index, write);
      return reply
        .code(found ? 200 : 201)
        .header("etag", `"${version}"`)
        .send({ id, version, token: String(version) });
    });
  });

  app.get<DocumentParameters>("/v1/indexes/:index/documents/:id", async (request, reply) => {
    const { index, id } = request.params;
    const found = await service.log.get(service.catalog.get(index, request.grant).definition.index, id);
    if (found === undefined) throw missing(id);
    const head = `{"id":${JSON.stringify(id)},"version":${found.version},"document":`;
    return reply
      .header("etag", `"${found.version}"`)
      .type("application/json; charset=utf-8")
      .send(Buffer.concat([Buffer.from(head), found.source, Buffer.from("}")]));
  });

  app.delete<DocumentParameters>("/v1/indexes/:index/documents/:id", async (request, reply) => {
    const index = service.catalog.get(request.params.index, request.grant);
    const { id } = request.params;
    const condition = conditionOf(request.headers);
    const { version, found } = await writeOne(service, index.definition.index, { kind: "delete", id, condition });
    if (!found) throw missing(id);
    return reply.header("etag", `"${version}"`).send({ id, version, deleted: true, token: String(version) });
  });
}

async function writeOne(
  service: RootService,
  index: string,
  write: DocumentWrite,
): Promise<{ version: number; found: boolean }> {
  const { outcomes } = await service.write(index, [write], undefined);
  const [outcome] = outcomes;
  if (outcome === undefined) throw new HedgerowError("internal", "the log answered nothing for a write");
  if (outcome.kind === "written") return { version: outcome.sequence, found: outcome.found };
  const current = outcome.currentVersion;
  const detail = current === undefined ? "no such document stands" : `the document is at version ${current}`;
  throw new HedgerowError("version_conflict", `the condition does not hold: ${detail}`);
}

function missing(id: string): HedgerowError {
  return new HedgerowError("document_not_found", `there is no document "${id}"`);
}

/** Leaves bodies of some types to their routes. */
function readRaw(scope: App, mediaTypes: string[]): void {
  scope.removeContentTypeParser("application/json");
  scope.addContentTypeParser(mediaTypes, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

type ConditionHeaders = { "if-match"?: string | undefined; "if-none-match"?: string | undefined };

function conditionOf(headers: ConditionHeaders): WriteCondition {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (match !== undefined && noneMatch !== undefined) {
    throw new HedgerowError("invalid_request", "send If-Match or If-None-Match, not both");
  }
  if (noneMatch !== undefined) {
    if (noneMatch.trim() !== "*") throw new HedgerowError("invalid_request", "If-None-Match takes * alone");
    return { kind: "absent" };
  }
  if (match === undefined) return { kind: "none" };
  const version = Number(match.trim().replaceAll('"', ""));
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new HedgerowError("invalid_request", 'If-Match takes the ETag of the document, such as "42"');
  }
  return { kind: "version", version };
}

/** An empty key is a caller's slip: taken for none, the request would be less safe to repeat than it looks. */
function keyOf(header: string | string[] | undefined): string | undefined {
  if (header !== "") return typeof header === "string" ? header : undefined;
  throw new HedgerowError(
    "invalid_request",
    "Idempotency-Key is empty; send a key of this request's own, or leave it out",
  );
}
