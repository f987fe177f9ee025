import fastify, { type FastifyInstance } from "fastify";
import { errorTable, HedgerowError } from "../errors.ts";
import { invalidRequest, problemFrom, type ValidationFinding } from "../protocol/problem.ts";
import type { Clock } from "../time.ts";
import { documentRoutes } from "./document-routes.ts";
import { indexRoutes } from "./index-routes.ts";
import { operateRoutes } from "./operate-routes.ts";
import { searchRoutes } from "./search-routes.ts";
import type { RootService } from "./service.ts";
import { traceIdFrom } from "./trace.ts";

declare module "fastify" {
  interface FastifyRequest {
    traceId: string;
    startMs: number;
  }
}

/** The HTTP server as the routes see it. */
export type App = FastifyInstance;

export type AppOptions = { service: RootService; clock: Clock; bodyBytesMax: number };

/**
 * The root's public HTTP surface. Every answer, errors included, carries its trace id and its time; every error is a
 * problem document of the one table.
 */
export function createApp({ service, clock, bodyBytesMax }: AppOptions): App {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    forceCloseConnections: "idle",
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1536 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: false, allowUnionTypes: true } },
    frameworkErrors: (error, request, reply) => {
      const found = asHedgerowError(error);
      reply.hijack();
      reply.raw.writeHead(found.status, { "content-type": "application/problem+json" });
      reply.raw.end(JSON.stringify(problemFrom(found, request.traceId)));
    },
  });
  app.decorateRequest("traceId", "");
  app.decorateRequest("startMs", 0);
  app.addHook("onRequest", (request, reply, done) => {
    const traceparent = request.headers.traceparent;
    request.traceId = traceIdFrom(typeof traceparent === "string" ? traceparent : undefined);
    request.startMs = clock.nowMs();
    reply.header("x-trace-id", request.traceId);
    done();
  });
  app.addHook("onSend", (request, reply, _payload, done) => {
    reply.header("server-timing", `total;dur=${(clock.nowMs() - request.startMs).toFixed(2)}`);
    done();
  });
  app.addContentTypeParser(
    ["application/x-ndjson", "application/ndjson"],
    { parseAs: "buffer" },
    (_request, body, done) => done(null, body),
  );
  app.setErrorHandler((error, request, reply) => {
    const found = asHedgerowError(error);
    if (found.code === "internal") request.log.error({ err: error, traceId: request.traceId }, "request failed");
    if (errorTable[found.code].status === 429) reply.header("retry-after", "1");
    void reply.code(found.status).type("application/problem+json").send(problemFrom(found, request.traceId));
  });
  app.setNotFoundHandler((request) => {
    throw new HedgerowError("not_found", `there is nothing at ${request.method} ${request.url.split("?")[0] ?? ""}`);
  });
  operateRoutes(app, service);
  indexRoutes(app, service);
  documentRoutes(app, service);
  searchRoutes(app, service);
  return app;
}

/** Fastify's own errors, recognised by their codes, and everything unforeseen, as errors of the table. */
function asHedgerowError(error: unknown): HedgerowError {
  if (error instanceof HedgerowError) return error;
  if (!(error instanceof Error)) return new HedgerowError("internal", "an unexpected error");
  if ("validation" in error && Array.isArray(error.validation))
    return invalidRequest(error.validation.filter(isFinding));
  const code = "code" in error ? error.code : undefined;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new HedgerowError("too_large", "the body is larger than this server takes; send smaller batches");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new HedgerowError("unsupported_media_type", "send application/json or application/x-ndjson");
    default: {
      const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
      if (status >= 400 && status < 500) return new HedgerowError("invalid_request", error.message);
      return new HedgerowError("internal", "an unexpected error; the log has it under the trace id");
    }
  }
}

function isFinding(value: unknown): value is ValidationFinding {
  return typeof value === "object" && value !== null && "instancePath" in value && "params" in value;
}
