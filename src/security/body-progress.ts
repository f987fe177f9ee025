import type { IncomingMessage } from "node:http";

/** How slowly a body may come. */
export type BodyPace = { graceMs: number; bytesPerS: number };

export const bodyPaceDefault: BodyPace = { graceMs: 10_000, bytesPerS: 64 * 1024 };

/** Whether a request with these headers has a body that is still to come. */
export function hasBody(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** What is read of a request. */
export type Incoming = Pick<IncomingMessage, "complete" | "destroyed" | "readableLength" | "isPaused"> & {
  readonly socket: { readonly bytesRead: number };
};

/**
 * How a request's body comes: after a grace, it must have come at a pace on average. A fixed limit would either let a
 * trickle hold a connection for minutes or cut off a large upload that goes well. A body that waits for us is not late.
 */
export class BodyProgress {
  readonly #request: Incoming;
  #sinceMs: number | undefined;
  #beforeBytes = 0;

  constructor(request: Incoming) {
    this.#request = request;
  }

  /** Looks at it, from soon after it began on and then again and again. Nothing comes any more of one that is over. */
  look(nowMs: number, { graceMs, bytesPerS }: BodyPace): "over" | "coming" | "slow" {
    const request = this.#request;
    if (request.complete || request.destroyed) return "over";
    const { bytesRead } = request.socket;
    if (this.#sinceMs === undefined || request.readableLength > 0 || request.isPaused()) {
      this.#sinceMs = nowMs;
      this.#beforeBytes = bytesRead;
    }
    const allowedMs = graceMs + ((bytesRead - this.#beforeBytes) / bytesPerS) * 1000;
    return nowMs - this.#sinceMs > allowedMs ? "slow" : "coming";
  }
}
