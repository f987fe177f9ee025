import { HedgerowError, unfitAt } from "../errors.ts";
import type { Priority } from "../policy/admission.ts";
import { invalidRequest } from "../protocol/problem.ts";
import {
  bodyFromParameters,
  cursorLengthMax,
  type SearchBody,
  searchBodySchema,
  undecodableParameter,
} from "../protocol/search-request.ts";
import { type RequestTrace, withSpan } from "../protocol/trace-context.ts";
import type { Grant } from "../security/access.ts";
import type { App } from "./app.ts";
import type { SearchContext } from "./search.ts";
import type { RootService } from "./service.ts";

/** No plan that leaves take is larger than a megabyte; the cursor of such a one comes beside what it goes on with. */
const bodyBytesMax = 1024 * 1024 + cursorLengthMax;

type SearchParameters = { Params: { index: string } };

/** They become a search's body, which is then validated as any other. */
const anyParameters = { type: "object" } as const;

/** `POST|GET /v1/indexes/{index}/search`. */
export function searchRoutes(app: App, service: RootService): void {
  app.post<SearchParameters & { Body: SearchBody }>(
    "/v1/indexes/:index/search",
    { schema: { body: searchBodySchema }, preValidation: takeNoBody, bodyLimit: bodyBytesMax },
    async (request, reply) => {
      const body = service.searches.granted(request.body, request.grant);
      const answer = await service.searches.run(request.params.index, body, contextOf(request, reply));
      reply.type("application/json; charset=utf-8");
      return answer;
    },
  );
  app.get<SearchParameters & { Querystring: Record<string, unknown> }>(
    "/v1/indexes/:index/search",
    { schema: { querystring: anyParameters } },
    async (request, reply) => {
      requireNoBody(request.headers["content-length"]);
      const garbled = undecodableParameter(request.raw.url ?? "");
      if (garbled !== undefined)
        throw unfitAt(`/${garbled}`, "is not percent-encoded UTF-8, in which a % itself is %25");
      const parsed = bodyFromParameters(request.query);
      if (parsed.kind === "invalid") throw unfitAt(parsed.path, parsed.detail);
      const validate = request.compileValidationSchema(searchBodySchema);
      if (!isSearchBody(parsed.body, validate)) throw invalidRequest(validate.errors ?? []);
      const body = service.searches.granted(parsed.body, request.grant);
      const answer = await service.searches.run(request.params.index, body, contextOf(request, reply));
      reply.type("application/json; charset=utf-8");
      return answer;
    },
  );
}

/** A search without a body asks for what one with an empty object does. */
function takeNoBody(request: { body: unknown }, _reply: unknown, done: () => void): void {
  if (request.body === undefined) request.body = {};
  done();
}

/**
 * Some send a search's body by GET, and nobody reads one there: they would be given everything. Chunks are let be, since
 * proxies announce them where there are none.
 */
function requireNoBody(length: string | undefined): void {
  if (Number(length ?? 0) === 0) return;
  throw new HedgerowError("invalid_request", "a GET asks by query parameters alone, and this one has a body: POST it");
}

function isSearchBody(body: Record<string, unknown>, validate: (input: unknown) => boolean): body is SearchBody {
  return validate(body);
}

type RequestParts = {
  grant: Grant;
  trace: RequestTrace;
  startMs: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
};
type ReplyParts = { raw: { writableEnded: boolean; on(event: "close", run: () => void): unknown } };

/** Where the request stands; its caller is gone when the connection closes before the answer was written. */
function contextOf(request: RequestParts, { raw }: ReplyParts): SearchContext {
  const { grant, trace, startMs } = request;
  const whenGone: (() => void)[] = [];
  const context = {
    grant,
    trace: withSpan(trace),
    startMs,
    priority: priorityOf(request.headers["x-priority"]),
    isGone: false,
    onGone: (run: () => void): void => {
      if (context.isGone) run();
      else whenGone.push(run);
    },
  };
  raw.on("close", () => {
    if (raw.writableEnded) return;
    context.isGone = true;
    for (const run of whenGone) run();
  });
  return context;
}

function priorityOf(header: string | string[] | undefined): Priority {
  if (header === undefined || header === "interactive") return "interactive";
  if (header === "batch") return "batch";
  throw new HedgerowError("invalid_request", 'X-Priority must be "interactive" or "batch"');
}
