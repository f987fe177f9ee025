import type { App } from "../http/app.ts";
import { asAnsweredError } from "../http/body-types.ts";
import { problemFrom, problemMediaType } from "../protocol/problem.ts";
import type { Timers } from "../time.ts";
import { linger } from "./linger.ts";

/** Answers every error with a problem document, and logs those that are this program's fault. */
export function answerErrors(app: App, timers: Timers): void {
  app.setErrorHandler((error, request, reply) => {
    const found = request.givenUp ?? asAnsweredError(error, request);
    if (found.code === "too_large") {
      reply.removeHeader("connection");
      linger(request.raw, timers);
    }
    // Who hangs up in the middle of a body is no fault of this program.
    const hasHungUp = request.raw.errored !== null;
    if ((found.code === "internal" || found.code === "write_uncertain") && !hasHungUp)
      request.log.error({ err: error, traceId: request.traceId }, "request failed");
    if (found.status === 429) reply.header("retry-after", String(found.facts.retryAfterS ?? 1));
    if (found.status === 401) reply.header("www-authenticate", "Bearer");
    void reply.code(found.status).type(problemMediaType).send(problemFrom(found, request.traceId));
  });
}
