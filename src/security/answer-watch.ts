import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { UnderWay } from "../protocol/under-way.ts";
import type { Clock, Timer, Timers } from "../time.ts";
import { memoryLimitBytes } from "./memory-limit.ts";

/** How slowly an answer may be taken, and how much of all answers together may wait for their callers. */
export type AnswerPace = {
  graceMs: number;
  bytesPerS: number;
  /** As they are to be sent; with what they were made of, they take two to three times as much memory. */
  waitingBytesMax: number;
};

export const answerPaceDefault: AnswerPace = {
  graceMs: 30_000,
  bytesPerS: 64 * 1024,
  waitingBytesMax: Math.min(256 * 1024 * 1024, Math.floor(memoryLimitBytes(0) / 8)),
};

type Connection = Pick<Socket, "bytesWritten" | "writableLength" | "destroyed"> & { destroy(): unknown };

/** What is read of a request and its answer. */
export type Answering = {
  request: { readonly socket: Connection };
  response: Pick<ServerResponse, "writableLength" | "closed">;
};

type Watched = Answering & { sinceMs: number; sentBytes: number; waitingBytes: number };

const lookEveryMs = 250;

/**
 * Gives up connections whose callers do not take their answers: what is left unread lies in this process's memory for as
 * long as the connection stands. An answer has a grace, and time for what of it waits; each piece that is taken begins
 * both anew, so that a stream to a slow reader goes on. Where all that waits is too much, those are given up first that
 * have taken nothing for longest, and of these the largest.
 */
export class AnswerWatch {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #pace: AnswerPace;
  readonly #watched = new UnderWay<Watched>();
  #timer: Timer | undefined;

  constructor({ clock, timers, pace = answerPaceDefault }: { clock: Clock; timers: Timers; pace?: AnswerPace }) {
    this.#clock = clock;
    this.#timers = timers;
    this.#pace = pace;
  }

  /** Watches a request's answer until `end` of the number. */
  begin({ request, response }: Answering): number {
    this.#timer ??= this.#timers.after(lookEveryMs, () => this.#look());
    return this.#watched.add({ request, response, sinceMs: 0, sentBytes: -1, waitingBytes: 0 });
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
    const waiting: Watched[] = [];
    for (const [number, watched] of this.#watched.entries()) {
      if (watched.response.closed || watched.request.socket.destroyed) this.#watched.remove(number);
      else if (this.#follow(watched, nowMs)) waiting.push(watched);
    }
    this.#relieve(waiting);
    this.#timer = this.#watched.size === 0 ? undefined : this.#timers.after(lookEveryMs, () => this.#look());
  }

  /** Whether something of an answer waits for its caller; gives up one that has waited for too long. */
  #follow(watched: Watched, nowMs: number): boolean {
    const { socket } = watched.request;
    watched.waitingBytes = watched.response.writableLength;
    if (watched.waitingBytes === 0) {
      watched.sentBytes = -1;
      return false;
    }
    const sentBytes = takenOf(socket);
    if (sentBytes !== watched.sentBytes) Object.assign(watched, { sentBytes, sinceMs: nowMs });
    const { graceMs, bytesPerS } = this.#pace;
    if (nowMs - watched.sinceMs <= graceMs + (watched.waitingBytes / bytesPerS) * 1000) return true;
    socket.destroy();
    return false;
  }

  #relieve(waiting: Watched[]): void {
    let leftBytes = waiting.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);
    if (leftBytes <= this.#pace.waitingBytesMax) return;
    waiting.sort((a, b) => a.sinceMs - b.sinceMs || b.waitingBytes - a.waitingBytes);
    for (const { request, waitingBytes } of waiting) {
      // Several answers may wait for one connection, which takes all of them along.
      if (leftBytes > this.#pace.waitingBytesMax) request.socket.destroy();
      if (request.socket.destroyed) leftBytes -= waitingBytes;
    }
  }
}

/** What a connection's caller has taken of all that was ever written to it; only that it moves means something. */
function takenOf({ bytesWritten, writableLength }: Connection): number {
  return bytesWritten - writableLength;
}
