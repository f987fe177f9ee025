import fastify, { LogController } from "fastify";
import type { App, Reply, Request } from "../http/app.ts";
import { requireReadableBodies } from "../http/readable-bodies.ts";
import { readShallowJson } from "../http/shallow-json.ts";
import { stampAnswers } from "../http/stamped-answers.ts";
import { refuseUnknownRoutes } from "../http/unknown-routes.ts";
import { watchCallers } from "../http/watched-callers.ts";
import { noAudit } from "../security/audit.ts";
import type { CallerPace } from "../security/caller-watch.ts";
import { earlyErrors } from "../security/early-errors.ts";
import { type ListenerLimits, listenerFactory, type Transport } from "../security/listener.ts";
import { meterGivenUp, meterRequests } from "../telemetry/http-meter.ts";
import { type LogLevel, logSettings } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { afterPoll, type Clock } from "../time.ts";
import { answerErrors } from "./answered-errors.ts";
import { createArrivals } from "./arrivals.ts";
import { auditRequests } from "./audited-requests.ts";
import { backupRoutes } from "./backup-routes.ts";
import { consoleRoutes } from "./console-routes.ts";
import { documentRoutes } from "./document-routes.ts";
import { browserHeaders, type Guard, guardRoutes } from "./guard.ts";
import { indexRoutes } from "./index-routes.ts";
import { describedRoutes } from "./openapi-routes.ts";
import { operateRoutes } from "./operate-routes.ts";
import { onRequestEnds } from "./request-ends.ts";
import { searchRoutes } from "./search-routes.ts";
import type { RootService } from "./service.ts";

export type { App, Reply, Request };

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
  stampAnswers(app, { clock, arrivedMs: arrivals.nowMs, isLeaving: () => service.draining });
  watchCallers(app, { clock, timers: service.timers, pace: patience.pace, onGivenUp: meterGivenUp(metrics) });
  const audit = auditRequests(guard.audit ?? noAudit, guard.access);
  onRequestEnds(app, (ended) => {
    const { request, reply } = ended;
    meter(request.route, reply.statusCode, clock.nowMs() - request.startMs);
    audit(ended);
  });
  guardRoutes(app, guard);
  requireReadableBodies(app);
  readShallowJson(app);
  answerErrors(app, service.timers);
  refuseUnknownRoutes(app);
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
