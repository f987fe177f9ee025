import { CallerWatch, type CallerWatchParts } from "../security/caller-watch.ts";
import type { App } from "./app.ts";

/**
 * Gives up callers that are too slow to send or to take. Stands before all that could refuse a request: the body of one
 * that was refused still comes.
 */
export function watchCallers(app: App, parts: CallerWatchParts): void {
  const { clock } = parts;
  const callers = new CallerWatch(parts);
  app.decorateRequest("givenUp");
  app.addHook("onRequest", (request, reply, done) => {
    callers.begin({ request: request.raw, response: reply.raw }, (refusal) => {
      const { traceId, startMs } = request;
      request.givenUp = refusal;
      return { traceId, tookMs: clock.nowMs() - startMs, headers: reply.getHeaders() };
    });
    done();
  });
  app.addHook("onClose", (_app, done) => {
    callers.close();
    done();
  });
}
