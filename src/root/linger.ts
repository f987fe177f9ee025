import type { IncomingMessage } from "node:http";
import type { Timers } from "../time.ts";

const lingerMs = 10_000;

/**
 * Goes on reading, for a while, what is left of a body that was refused, and drops it. A connection that is closed while
 * its caller still sends is reset, which takes the answer away from most of them before they have read it.
 */
export function linger(request: IncomingMessage, timers: Timers): void {
  if (request.complete || request.destroyed) return;
  const limit = timers.after(lingerMs, () => request.socket.destroy());
  request.once("close", () => limit.cancel());
  request.resume();
}
