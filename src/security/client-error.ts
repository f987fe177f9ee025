import type { Socket } from "node:net";
import { errorCodeOf, HedgerowError } from "../errors.ts";
import { problemFrom, problemMediaType } from "../protocol/problem.ts";

/** What else an answer tells that no route wrote: whose it is, how long it took, and headers. */
export type Told = {
  traceId: string;
  tookMs: number;
  headers: Readonly<Record<string, string | number | readonly string[] | undefined>>;
};

/**
 * Answers a connection on which no request could be read, and closes it. Tells with which status, or undefined where
 * nobody is there to be told.
 */
export function refuseConnection(error: Error, socket: Socket, told?: Told): number | undefined {
  if (socket.destroyed || !socket.writable || errorCodeOf(error) === "ECONNRESET") {
    socket.destroy();
    return undefined;
  }
  const problem = asProblem(errorCodeOf(error));
  hangUp(socket, problem, told);
  return problem.status;
}

/** Answers a connection with an error of the table and closes it, whatever was being read. */
export function hangUp(socket: Socket, error: HedgerowError, told?: Told): void {
  const body = JSON.stringify(problemFrom(error, told?.traceId));
  const headers = {
    ...(told === undefined ? {} : toldHeaders(told)),
    "content-type": problemMediaType,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
  socket.write(`${[`HTTP/1.1 ${error.status} ${error.code}`, ...lines].join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** What every answer carries, as headers. */
export function toldHeaders({ traceId, tookMs, headers }: Told): Record<string, string> {
  const known = Object.entries(headers).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(known.map(([name, value]) => [name, String(value)])),
    "x-trace-id": traceId,
    "server-timing": `total;dur=${tookMs.toFixed(2)}`,
  };
}

function asProblem(code: unknown): HedgerowError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new HedgerowError("timed_out", "the request's head came too slowly");
  if (code === "HPE_HEADER_OVERFLOW") return new HedgerowError("too_large", "the request's head is too large");
  if (code === "HPE_INVALID_EOF_STATE") return new HedgerowError("invalid_request", "the request ended in its middle");
  return new HedgerowError("invalid_request", "this is not HTTP");
}
