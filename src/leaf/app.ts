import fastify from "fastify";
import { HedgerowError } from "../errors.ts";
import type { App } from "../http/app.ts";
import { asAnsweredError } from "../http/body-types.ts";
import { requireReadableBodies } from "../http/readable-bodies.ts";
import { readShallowJson } from "../http/shallow-json.ts";
import { stampAnswers } from "../http/stamped-answers.ts";
import { refuseUnknownRoutes } from "../http/unknown-routes.ts";
import { watchCallers } from "../http/watched-callers.ts";
import { problemFrom, problemMediaType } from "../protocol/problem.ts";
import { traceparentOf, withSpan } from "../protocol/trace-context.ts";
import type { CallerPace } from "../security/caller-watch.ts";
import { rootProblem } from "../security/certificates.ts";
import { earlyErrors } from "../security/early-errors.ts";
import { foreignNameProblem } from "../security/exposure.ts";
import { type ListenerLimits, listenerFactory, type Transport } from "../security/listener.ts";
import { meterGivenUp, meterRequests } from "../telemetry/http-meter.ts";
import { type LogLevel, type LogStream, logSettings } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Clock, Timers } from "../time.ts";
import { type PlainSearchBody, plainSearchSchema, searchPlainly } from "./plain-search.ts";
import type { Replicas } from "./replicas.ts";
import type { SearchQueue } from "./search-queue.ts";

export type LeafAppParts = {
  replicas: Replicas;
  searches: SearchQueue;
  metrics: Metrics;
  clock: Clock;
  timers: Timers;
  log: { name: string; level: LogLevel; stream?: LogStream };
  /** How callers come in, where not by plain HTTP. */
  transport?: Transport;
  /** Answers only requests to this machine's own names, so that no page from elsewhere can reach it by DNS. */
  ownNamesOnly?: boolean;
  limits?: Partial<ListenerLimits>;
  /** For tests, which cannot wait as long. */
  pace?: CallerPace;
};

const bodySizeBytesMax = 1024 * 1024;

/**
 * A leaf's plain HTTP, for people and probes: health, metrics, and searching one shard by hand. Every answer, errors
 * included, carries its trace id and its time.
 */
export function createLeafApp({ replicas, searches, ...parts }: LeafAppParts): App {
  const { metrics, clock, timers, log, transport, limits, pace } = parts;
  const meter = meterRequests(metrics);
  const app = fastify({
    logger: logSettings(log.level, log),
    serverFactory: listenerFactory(transport, limits),
    bodyLimit: bodySizeBytesMax,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1536 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    ...earlyErrors({ clock, meter, headers: {} }),
  });
  stampAnswers(app, { clock, arrivedMs: clock.nowMs, isLeaving: () => false });
  app.addHook("onResponse", (request, reply, done) => {
    meter(request.route, reply.statusCode, clock.nowMs() - request.startMs);
    done();
  });
  watchCallers(app, { clock, timers, pace, onGivenUp: meterGivenUp(metrics) });
  readShallowJson(app);
  app.setErrorHandler((error, request, reply) => {
    const found = asAnsweredError(error, request);
    if (found.code === "internal") request.log.error({ err: error, traceId: request.traceId }, "request failed");
    if (found.status === 429) reply.header("retry-after", "1");
    void reply.code(found.status).type(problemMediaType).send(problemFrom(found, request.traceId));
  });
  refuseUnknownRoutes(app);
  if (transport !== undefined) knowCallers(app);
  if (parts.ownNamesOnly === true) refuseForeignNames(app);
  requireReadableBodies(app);
  app.get("/livez", () => ({ status: "live" }));
  app.get("/readyz", () => readiness(replicas));
  app.get(metricsRoute, async (request, reply) => {
    const { contentType, text } = await metrics.scrape(request.headers.accept);
    return reply.type(contentType).send(text);
  });
  app.post<{ Params: { index: string; shard: number }; Body: PlainSearchBody }>(
    "/v1/shards/:index/:shard/search",
    { schema: { body: plainSearchSchema } },
    (request) => {
      const { index, shard } = request.params;
      const trace = traceparentOf(withSpan(request.trace));
      return searchPlainly(replicas, searches, { index, shard: shardNumber(String(shard)), body: request.body, trace });
    },
  );
  return app;
}

const openRoutes: readonly (string | undefined)[] = ["/livez", "/readyz"];
const metricsRoute = "/metrics";

/**
 * Probes may come without a certificate. Whoever shows one of the authorities may read the metrics; the documents are for
 * roots.
 */
function knowCallers(app: App): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { socket } = request.raw;
    const { url } = request.routeOptions;
    const isKnown = "authorized" in socket && socket.authorized === true;
    if (!isKnown && !openRoutes.includes(url)) {
      throw new HedgerowError("unauthenticated", "show a certificate of this cluster's authorities");
    }
    if (isKnown && !openRoutes.includes(url) && url !== metricsRoute) {
      const problem = rootProblem(socket);
      if (problem !== undefined) throw new HedgerowError("forbidden", `this is for roots: ${problem}`);
    }
    done();
  });
}

function refuseForeignNames(app: App): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const problem = foreignNameProblem(request.headers.host, "certificates");
    if (problem !== undefined && !openRoutes.includes(request.routeOptions.url)) {
      throw new HedgerowError("forbidden", problem);
    }
    done();
  });
}

/** Ready when every replica that this leaf was given can be searched as it should be; else says which cannot. */
function readiness(replicas: Replicas): { status: "ready"; replicas: number } {
  const states = replicas.states();
  const unready = states.filter(({ state }) => state !== "ready");
  if (unready.length === 0) return { status: "ready", replicas: states.length };
  const names = unready.map(({ index, shard, state }) => `${index}/${shard} is ${state}`);
  throw new HedgerowError("not_ready", names.join(", ")).withFacts({ replicas: unready });
}

function shardNumber(text: string): number {
  // An empty part of the address would be a zero to `Number`.
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new HedgerowError("invalid_request", `"${text}" is no number of a shard`, [
    { path: "/shard", detail: "must be an integer from 0" },
  ]);
}
