import type { IncomingMessage } from "node:http";
import type { Clock, Timer, Timers } from "../time.ts";

/** How slowly a body may come. */
export type BodyPace = { graceMs: number; bytesPerS: number };

export const bodyPaceDefault: BodyPace = { graceMs: 10_000, bytesPerS: 64 * 1024 };

/** A body on its way, between its neighbours: most are let go at once, and a Map would keep them alive (`UnderWay`). */
export type WatchedBody = {
  readonly request: IncomingMessage;
  readonly onSlow: () => void;
  sinceMs: number;
  beforeBytes: number;
  older: WatchedBody | undefined;
  newer: WatchedBody | undefined;
};

const lookEveryMs = 1000;

/**
 * Gives up bodies that come too slowly: after a grace, a body must have come at a pace on average. A fixed limit would
 * either let a trickle hold a connection for minutes or cut off a large upload that goes well. Bodies that wait for us
 * are not late.
 */
export class BodyWatch {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #pace: BodyPace;
  #oldest: WatchedBody | undefined;
  #newest: WatchedBody | undefined;
  #timer: Timer | undefined;

  constructor({ clock, timers, pace = bodyPaceDefault }: { clock: Clock; timers: Timers; pace?: BodyPace }) {
    this.#clock = clock;
    this.#timers = timers;
    this.#pace = pace;
  }

  /** Watches a request's body until `end`, or until it is too slow. Undefined: it has no body to watch. */
  begin(request: IncomingMessage, onSlow: () => void): WatchedBody | undefined {
    const { headers } = request;
    if (headers["transfer-encoding"] === undefined && (headers["content-length"] ?? "0") === "0") return undefined;
    const beforeBytes = request.socket.bytesRead;
    const sinceMs = this.#clock.nowMs();
    const watched = { request, onSlow, sinceMs, beforeBytes, older: this.#newest, newer: undefined };
    if (this.#newest === undefined) this.#oldest = watched;
    else this.#newest.newer = watched;
    this.#newest = watched;
    this.#timer ??= this.#timers.after(lookEveryMs, () => this.#look());
    return watched;
  }

  /** Watches a body no longer; for one that is not watched it does nothing. */
  end(watched: WatchedBody): void {
    const { older, newer } = watched;
    if (older === undefined && this.#oldest !== watched) return;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    watched.older = undefined;
    watched.newer = undefined;
  }

  close(): void {
    this.#timer?.cancel();
    this.#oldest = undefined;
    this.#newest = undefined;
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    let next: WatchedBody | undefined;
    for (let watched = this.#oldest; watched !== undefined; watched = next) {
      next = watched.newer;
      const { request } = watched;
      if (request.complete || request.destroyed) this.end(watched);
      else if (request.readableLength > 0 || request.isPaused()) {
        watched.sinceMs = nowMs;
        watched.beforeBytes = request.socket.bytesRead;
      } else if (this.#isSlow(watched, request.socket.bytesRead, nowMs)) {
        this.end(watched);
        watched.onSlow();
      }
    }
    this.#timer = this.#oldest === undefined ? undefined : this.#timers.after(lookEveryMs, () => this.#look());
  }

  #isSlow({ sinceMs, beforeBytes }: WatchedBody, readBytes: number, nowMs: number): boolean {
    const { graceMs, bytesPerS } = this.#pace;
    return nowMs - sinceMs > graceMs + ((readBytes - beforeBytes) / bytesPerS) * 1000;
  }
}
