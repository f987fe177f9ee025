import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { problemFrom, problemMediaType } from "../protocol/problem.ts";
import { asHedgerowError } from "../protocol/thrown.ts";
import { traceFrom } from "../protocol/trace-context.ts";
import type { Clock } from "../time.ts";
import { hasBody } from "./body-progress.ts";
import { refuseConnection, toldHeaders } from "./client-error.ts";
import { afterLastAnswer } from "./last-answer.ts";

type EarlyRequest = { headers: Readonly<Record<string, string | string[] | undefined>> };
type EarlyReply = { raw: ServerResponse; hijack(): unknown };

/** Answers what never comes to a route or a hook: they carry what every other answer does. */
export type EarlyErrors = {
  /** Where the address is none that could be looked up. */
  frameworkErrors(error: Error, request: EarlyRequest, reply: EarlyReply): void;
  /** Where what came could not be read as a request. Nothing has been done for it: its time begins with its end. */
  clientErrorHandler(error: Error, socket: Socket): void;
};

export function earlyErrors(parts: {
  clock: Clock;
  /** Counts an answer that no route has given. */
  meter: (route: undefined, status: number, tookMs: number) => void;
  headers: Readonly<Record<string, string>>;
}): EarlyErrors {
  const { clock, meter, headers } = parts;
  return {
    frameworkErrors(error, request, reply) {
      const startMs = clock.nowMs();
      const found = asHedgerowError(error);
      const { traceId } = traceFrom(request.headers.traceparent);
      const problem = JSON.stringify(problemFrom(found, traceId));
      const tookMs = clock.nowMs() - startMs;
      reply.hijack();
      const told = toldHeaders({ traceId, tookMs, headers });
      // Nobody watches how slowly a body comes that no route has asked for.
      const ending = hasBody(request.headers) ? { connection: "close" } : {};
      const content = { "content-type": problemMediaType, "content-length": Buffer.byteLength(problem) };
      reply.raw.writeHead(found.status, { ...told, ...content, ...ending }).end(problem);
      meter(undefined, found.status, tookMs);
    },
    clientErrorHandler(error, socket) {
      afterLastAnswer(socket, () => {
        const status = refuseConnection(error, socket, { traceId: traceFrom(undefined).traceId, tookMs: 0, headers });
        if (status !== undefined) meter(undefined, status, 0);
      });
    },
  };
}
