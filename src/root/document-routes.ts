import type { DocumentWrite, WriteOutcome } from "../changes/log.ts";
import { HedgerowError, invalidAt } from "../errors.ts";
import { idempotencyKeyLengthMax } from "../protocol/change.ts";
import type { App } from "./app.ts";
import { bulkForm, readArray, readLines } from "./bulk.ts";
import { type AskedCondition, conditionOf, requireNoCondition } from "./conditions.ts";
import { sentDocument } from "./sent-document.ts";
import type { RootService } from "./service.ts";
import type { WriteTarget } from "./writes.ts";

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
      requireNoCondition(request.headers);
      if (!Buffer.isBuffer(request.body)) throw invalidAt("", bulkForm);
      const isLines = lineMediaTypes.includes(mediaTypeOf(request.headers["content-type"]));
      const read = isLines ? readLines : readArray;
      const { clock } = service;
      const { documentBytesMax } = service.writes;
      const { writes, rejected } = await read(request.body, index.definition.settings, { clock, documentBytesMax });
      const to = { name: request.params.index, checked: index.definition };
      const { sequence } = await service.writes.append(to, writes, key);
      return { accepted: writes.length, rejected, token: String(sequence) };
    });
  });

  // So are single ones: what is stored is the text that came.
  app.register(async (scope) => {
    readRaw(scope, ["application/json"]);
    scope.put<DocumentParameters & { Body: unknown }>("/v1/indexes/:index/documents/:id", async (request, reply) => {
      const index = service.catalog.get(request.params.index, request.grant);
      const { documentBytesMax } = service.writes;
      const bounds = { settings: index.definition.settings, documentBytesMax };
      const { id, source } = sentDocument(request.body, request.params.id, bounds);
      const write = { kind: "put", id, source } as const;
      const to = { name: request.params.index, checked: index.definition, condition: conditionOf(request.headers) };
      const { version, found } = await writeOne(service, write, to);
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
    const to = { name: request.params.index, checked: index.definition, condition: conditionOf(request.headers) };
    const { version, found } = await writeOne(service, { kind: "delete", id }, to);
    if (!found) throw missing(id);
    return reply.header("etag", `"${version}"`).send({ id, version, deleted: true, token: String(version) });
  });
}

type Write = { kind: "put"; id: string; source: Uint8Array } | { kind: "delete"; id: string };

/** Others may write at the same time; who asks for any version that stands is overtaken by them this often at most. */
const standingTriesMax = 16;

async function writeOne(
  service: RootService,
  write: Write,
  { condition: asked, ...to }: WriteTarget & { condition: AskedCondition },
): Promise<{ version: number; found: boolean }> {
  if (asked.kind !== "standing") return conflictless(await tryOne(service, { ...write, condition: asked }, to));
  let outcome: WriteOutcome | undefined;
  for (let tries = 0; tries < standingTriesMax && outcome?.kind !== "written"; tries++) {
    const current = (await service.log.get(to.checked.index, write.id))?.version;
    if (current === undefined || asked.versions?.has(current) === false) throw conflict(current);
    outcome = await tryOne(service, { ...write, condition: { kind: "version", version: current } }, to);
  }
  return conflictless(outcome);
}

async function tryOne(service: RootService, write: DocumentWrite, to: WriteTarget): Promise<WriteOutcome | undefined> {
  return (await service.writes.append(to, [write], undefined)).outcomes[0];
}

function conflictless(outcome: WriteOutcome | undefined): { version: number; found: boolean } {
  if (outcome === undefined) throw new HedgerowError("internal", "the log answered nothing for a write");
  if (outcome.kind === "conflict") throw conflict(outcome.currentVersion);
  return { version: outcome.sequence, found: outcome.found };
}

function conflict(current: number | undefined): HedgerowError {
  const detail = current === undefined ? "no such document stands" : `the document is at version ${current}`;
  return new HedgerowError("version_conflict", `the condition does not hold: ${detail}`);
}

function missing(id: string): HedgerowError {
  return new HedgerowError("document_not_found", `there is no document "${id}"`);
}

/** A content type without its parameters, which are written in any case. */
function mediaTypeOf(contentType: string | undefined): string {
  return (contentType?.split(";")[0] ?? "").trim().toLowerCase();
}

/** Leaves bodies of some types to their routes. */
function readRaw(scope: App, mediaTypes: string[]): void {
  scope.removeContentTypeParser("application/json");
  scope.addContentTypeParser(mediaTypes, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

/** An empty key is a caller's slip: taken for none, the request would be less safe to repeat than it looks. */
function keyOf(header: string | string[] | undefined): string | undefined {
  if (typeof header !== "string") return undefined;
  if (header === "") throw unfitKey("is empty");
  // The log refuses it as well, and is not asked where nothing is to be written.
  if (header.length > idempotencyKeyLengthMax) throw unfitKey(`is longer than ${idempotencyKeyLengthMax} characters`);
  return header;
}

function unfitKey(problem: string): HedgerowError {
  const detail = `Idempotency-Key ${problem}; send a key of this request's own, or leave it out`;
  return new HedgerowError("invalid_request", detail);
}
