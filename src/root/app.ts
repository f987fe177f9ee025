import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { problemFrom } from "../protocol/problem.ts";
import { RouteMethods } from "../protocol/route-methods.ts";
import { asHedgerowError } from "../protocol/thrown.ts";
import { type RequestTrace, traceFrom } from "../protocol/trace-context.ts";
import { noAudit } from "../security/audit.ts";
import type { CallerPace } from "../security/caller-watch.ts";
import { earlyErrors } from "../security/early-errors.ts";
import { type ListenerLimits, listenerFactory, type Transport } from "../security/listener.ts";
import { meterRequests } from "../telemetry/http-meter.ts";
import { type LogLevel, logSettings } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { afterPoll, type Clock } from "../time.ts";
import { createArrivals } from "./arrivals.ts";
import { auditRequests } from "./audited-requests.ts";
import { backupRoutes } from "./backup-routes.ts";
import { consoleRoutes } from "./console-routes.ts";
import { documentRoutes } from "./document-routes.ts";
import { browserHeaders, type Guard, guardRoutes, readShallowJson, watchCallers } from "./guard.ts";
import { indexRoutes } from "./index-routes.ts";
import { linger } from "./linger.ts";
import { describedRoutes } from "./openapi-routes.ts";
import { operateRoutes } from "./operate-routes.ts";
import { onRequestEnds } from "./request-ends.ts";
import { searchRoutes } from "./search-routes.ts";
import type { RootService } from "./service.ts";

declare module "fastify" {
  interface FastifyRequest {
    traceId: string;
    trace: RequestTrace;
    startMs: number;
    /** The pattern of its route; undefined where there is none. Fastify makes a list of all its options for who asks. */
    route: string | undefined;
  }
}

/** The HTTP server as the routes see it. */
export type App = FastifyInstance;
export type Request = FastifyRequest;
export type Reply = FastifyReply;

export type AppOptions = {
  service: RootService;
  clock: Clock;
  metrics: Metrics;
  bodyBytesMax: number;
  log: { name: string; level: LogLevel };
  guard: Guard;
  /** How callers come in, where not by plain HTTP. */
  transport?: Transport;
  /** For tests, which cannot wait as long. */
  patience?: { limits?: Partial<ListenerLimits>; pace?: CallerPace };
};

/**
 * The root's public HTTP surface. Every answer, errors included, carries its trace id and its time; every error is a
 * problem document of the one table.
 */
export function createApp(options: AppOptions): App {
  const { service, clock, metrics, bodyBytesMax, log, guard, transport, patience = {} } = options;
  const meter = meterRequests(metrics);
  const app = fastify({
    logger: logSettings(log.level, log),
    logController: new LogController({ disableRequestLogging: true }),
    // Lines name their trace themselves: a logger of its own for every request would be made for nothing.
    childLoggerFactory: (logger) => logger,
    serverFactory: listenerFactory(transport, patience.limits),
    bodyLimit: bodyBytesMax,
    forceCloseConnections: "idle",
    // A connection that was taken in time has its request answered, instead of a refusal that is no problem document.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1536 },
    // With its schema, a place that does not fit can say what it takes.
    ajv: {
      customOptions: {
        removeAdditional: false,
        coerceTypes: false,
        allErrors: false,
        allowUnionTypes: true,
        verbose: true,
      },
    },
    ...earlyErrors({ clock, meter, headers: browserHeaders(guard) }),
  });
  const arrivals = createArrivals(clock, afterPoll);
  app.decorateRequest("traceId", "");
  app.decorateRequest("trace");
  app.decorateRequest("startMs", 0);
  app.decorateRequest("route");
  app.addHook("onRequest", (request, reply, done) => {
    request.trace = traceFrom(request.headers.traceparent);
    request.traceId = request.trace.traceId;
    request.startMs = arrivals.nowMs();
    request.route = request.routeOptions.url;
    reply.header("x-trace-id", request.traceId);
    done();
  });
  app.addHook("onSend", (request, reply, _payload, done) => {
    const tookMs = clock.nowMs() - request.startMs;
    reply.header("server-timing", `total;dur=${tookMs.toFixed(2)}`);
    if (service.draining) reply.header("connection", "close");
    done();
  });
  watchCallers(app, { clock, timers: service.timers, ...(patience.pace === undefined ? {} : { pace: patience.pace }) });
  const audit = auditRequests(guard.audit ?? noAudit, guard.access);
  onRequestEnds(app, (ended) => {
    const { request, reply } = ended;
    meter(request.route, reply.statusCode, clock.nowMs() - request.startMs);
    audit(ended);
  });
  guardRoutes(app, guard);
  readShallowJson(app);
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler((error, request, reply) => {
    const found = request.givenUp ?? asHedgerowError(error);
    if (found.code === "too_large") {
      reply.removeHeader("connection");
      linger(request.raw, service.timers);
    }
    // Who hangs up in the middle of a body is no fault of this program.
    const hasHungUp = request.raw.errored !== null;
    if ((found.code === "internal" || found.code === "write_uncertain") && !hasHungUp)
      request.log.error({ err: error, traceId: request.traceId }, "request failed");
    if (found.status === 429) reply.header("retry-after", String(found.facts.retryAfterS ?? 1));
    if (found.status === 401) reply.header("www-authenticate", "Bearer");
    void reply.code(found.status).type("application/problem+json").send(problemFrom(found, request.traceId));
  });
  const routes = new RouteMethods();
  app.addHook("onRoute", ({ method, url }) => routes.add(method, url));
  app.setNotFoundHandler((request, reply) => {
    const { error, headers } = routes.refusalOf(request.method, request.url);
    reply.headers(headers);
    throw error;
  });
  describedRoutes(app, (scope) => {
    operateRoutes(scope, service, metrics);
    indexRoutes(scope, service);
    documentRoutes(scope, service);
    searchRoutes(scope, service);
    backupRoutes(scope, service);
    consoleRoutes(scope);
  });
  return app;
}
