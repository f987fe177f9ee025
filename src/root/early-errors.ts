import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { problemFrom } from "../protocol/problem.ts";
import { asHedgerowError } from "../protocol/thrown.ts";
import { refuseConnection, toldHeaders } from "../security/client-error.ts";
import type { RequestMeter } from "../telemetry/http-meter.ts";
import type { Clock } from "../time.ts";
import { traceFrom } from "./trace.ts";

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
  meter: RequestMeter;
  headers: Readonly<Record<string, string>>;
}): EarlyErrors {
  const { clock, meter, headers } = parts;
  return {
    frameworkErrors(error, request, reply) {
      const startMs = clock.nowMs();
      const found = asHedgerowError(error);
      const { traceparent } = request.headers;
      const { traceId } = traceFrom(typeof traceparent === "string" ? traceparent : undefined);
      const problem = JSON.stringify(problemFrom(found, traceId));
      const tookMs = clock.nowMs() - startMs;
      reply.hijack();
      const told = toldHeaders({ traceId, tookMs, headers });
      const content = { "content-type": "application/problem+json", "content-length": Buffer.byteLength(problem) };
      reply.raw.writeHead(found.status, { ...told, ...content }).end(problem);
      meter(undefined, found.status, tookMs);
    },
    clientErrorHandler(error, socket) {
      refuseConnection(error, socket, { traceId: traceFrom(undefined).traceId, tookMs: 0, headers });
    },
  };
}
