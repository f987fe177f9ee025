import type { IncomingMessage } from "node:http";
import { UnderWay } from "../protocol/under-way.ts";
import type { Clock, Timer, Timers } from "../time.ts";

/** How slowly a body may come. */
export type BodyPace = { graceMs: number; bytesPerS: number };

export const bodyPaceDefault: BodyPace = { graceMs: 10_000, bytesPerS: 64 * 1024 };

type Watched = { request: IncomingMessage; sinceMs: number; beforeBytes: number; onSlow: () => void };

const lookEveryMs = 1000;

/** Whether a request with these headers has a body that is still to come. */
export function hasBody(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/**
 * Gives up bodies that come too slowly: after a grace, a body must have come at a pace on average. A fixed limit would
 * either let a trickle hold a connection for minutes or cut off a large upload that goes well. Bodies that wait for us
 * are not late.
 */
export class BodyWatch {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #pace: BodyPace;
  readonly #watched = new UnderWay<Watched>();
  #timer: Timer | undefined;

  constructor({ clock, timers, pace = bodyPaceDefault }: { clock: Clock; timers: Timers; pace?: BodyPace }) {
    this.#clock = clock;
    this.#timers = timers;
    this.#pace = pace;
  }

  /** Watches a request's body until `end` of the number, or until it is too slow. Undefined: it has no body to watch. */
  begin(request: IncomingMessage, onSlow: () => void): number | undefined {
    if (!hasBody(request.headers)) return undefined;
    const beforeBytes = request.socket.bytesRead;
    this.#timer ??= this.#timers.after(lookEveryMs, () => this.#look());
    return this.#watched.add({ request, sinceMs: this.#clock.nowMs(), beforeBytes, onSlow });
  }

  end(watched: number): void {
    this.#watched.remove(watched);
  }

  close(): void {
    this.#timer?.cancel();
    this.#watched.drain();
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    for (const [number, watched] of this.#watched.entries()) {
      const { request } = watched;
      if (request.complete || request.destroyed) this.#watched.remove(number);
      else if (request.readableLength > 0 || request.isPaused()) {
        watched.sinceMs = nowMs;
        watched.beforeBytes = request.socket.bytesRead;
      } else if (this.#isSlow(watched, request.socket.bytesRead, nowMs)) {
        this.#watched.remove(number);
        watched.onSlow();
      }
    }
    this.#timer = this.#watched.size === 0 ? undefined : this.#timers.after(lookEveryMs, () => this.#look());
  }

  #isSlow({ sinceMs, beforeBytes }: Watched, readBytes: number, nowMs: number): boolean {
    const { graceMs, bytesPerS } = this.#pace;
    return nowMs - sinceMs > graceMs + ((readBytes - beforeBytes) / bytesPerS) * 1000;
  }
}
