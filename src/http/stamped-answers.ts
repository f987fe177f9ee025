import { traceFrom } from "../protocol/trace-context.ts";
import type { Clock } from "../time.ts";
import type { App } from "./app.ts";

/**
 * Says of every answer whose it is and how long it took. `arrivedMs`: when the request came that is being read.
 * `isLeaving`: whether its connection is to be closed after it.
 */
export function stampAnswers(
  app: App,
  { clock, arrivedMs, isLeaving }: { clock: Clock; arrivedMs: () => number; isLeaving: () => boolean },
): void {
  app.decorateRequest("traceId", "");
  app.decorateRequest("trace");
  app.decorateRequest("startMs", 0);
  app.decorateRequest("route");
  app.addHook("onRequest", (request, reply, done) => {
    request.trace = traceFrom(request.headers.traceparent);
    request.traceId = request.trace.traceId;
    request.startMs = arrivedMs();
    request.route = request.routeOptions.url;
    reply.header("x-trace-id", request.traceId);
    done();
  });
  app.addHook("onSend", (request, reply, _payload, done) => {
    const tookMs = clock.nowMs() - request.startMs;
    reply.header("server-timing", `total;dur=${tookMs.toFixed(2)}`);
    if (isLeaving()) reply.header("connection", "close");
    done();
  });
}
