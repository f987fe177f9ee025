import type { Socket } from "node:net";
import { HedgerowError } from "../errors.ts";
import { problemFrom } from "../protocol/problem.ts";

/** What is said to a connection on which no request could be read; then it is closed. */
export function refuseConnection(error: Error, socket: Socket): void {
  if (socket.destroyed || !socket.writable || codeOf(error) === "ECONNRESET") {
    socket.destroy();
    return;
  }
  hangUp(socket, asProblem(codeOf(error)));
}

/** Answers a connection with an error of the table and closes it, whatever was being read. */
export function hangUp(socket: Socket, error: HedgerowError): void {
  const body = JSON.stringify(problemFrom(error));
  const head = [
    `HTTP/1.1 ${error.status} ${error.code}`,
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}

function asProblem(code: string): HedgerowError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new HedgerowError("timed_out", "the request's head came too slowly");
  if (code === "HPE_HEADER_OVERFLOW") return new HedgerowError("too_large", "the request's head is too large");
  return new HedgerowError("invalid_request", "this is not HTTP");
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
