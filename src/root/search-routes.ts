import { HedgerowError } from "../errors.ts";
import { invalidRequest } from "../protocol/problem.ts";
import { bodyFromParameters, type SearchBody, searchBodySchema } from "../protocol/search-request.ts";
import type { App } from "./app.ts";
import type { RootService } from "./service.ts";

type SearchParameters = { Params: { index: string } };

/** `POST|GET /v1/indexes/{index}/search`. */
export function searchRoutes(app: App, service: RootService): void {
  app.post<SearchParameters & { Body: SearchBody | null }>(
    "/v1/indexes/:index/search",
    { schema: { body: { ...searchBodySchema, type: ["object", "null"] } } },
    async (request, reply) => {
      const { traceId, startMs } = request;
      const answer = await service.search(request.params.index, request.body ?? {}, {
        traceId,
        startMs,
        onGone: (run) => onGone(reply.raw, run),
      });
      return reply.type("application/json; charset=utf-8").send(answer);
    },
  );
  app.get<SearchParameters & { Querystring: Record<string, unknown> }>(
    "/v1/indexes/:index/search",
    async (request, reply) => {
      const parsed = bodyFromParameters(request.query);
      if (parsed.kind === "invalid") {
        const { path, detail } = parsed;
        throw new HedgerowError("invalid_request", `${path} ${detail}`, [{ path, detail }]);
      }
      const validate = request.compileValidationSchema(searchBodySchema);
      if (!isSearchBody(parsed.body, validate)) throw invalidRequest(validate.errors ?? []);
      const { traceId, startMs } = request;
      const answer = await service.search(request.params.index, parsed.body, {
        traceId,
        startMs,
        onGone: (run) => onGone(reply.raw, run),
      });
      return reply.type("application/json; charset=utf-8").send(answer);
    },
  );
}

function isSearchBody(body: Record<string, unknown>, validate: (input: unknown) => boolean): body is SearchBody {
  return validate(body);
}

/** Calls back when the caller hangs up before its answer was written. */
function onGone(
  response: { writableEnded: boolean; once(event: "close", run: () => void): unknown },
  run: () => void,
): void {
  response.once("close", () => {
    if (!response.writableEnded) run();
  });
}
