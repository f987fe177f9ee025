import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { memoryLimitBytes } from "./memory-limit.ts";

/** How slowly answers may be taken, and how much of all answers together may wait for their callers. */
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

/** What is read of a connection. */
export type Outgoing = Pick<Socket, "bytesWritten" | "writableLength">;
/** What is read of an answer that waits behind others on its connection. */
export type Queued = Pick<ServerResponse, "socket" | "closed" | "writableLength">;

/**
 * How a connection's caller takes its answers. They have a grace, and time for what of them waits; each piece that is
 * taken begins both anew, so that a stream to a slow reader goes on.
 */
export class AnswerProgress {
  readonly #connection: Outgoing;
  #queued: Queued[] = [];
  #takenBytes = 0;
  #waitingBytes = 0;
  #sinceMs = 0;

  constructor(connection: Outgoing) {
    this.#connection = connection;
  }

  /** What lay here at the last look, and since when nothing of it has been taken. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Counts an answer that is not its connection's yet, and so not among what this has to write. */
  queue(answer: Queued): void {
    this.#queued.push(answer);
  }

  look(nowMs: number, { graceMs, bytesPerS }: AnswerPace): "none" | "waiting" | "slow" {
    const waitedBefore = this.#waitingBytes > 0;
    this.#waitingBytes = this.#connection.writableLength + this.#queuedBytes();
    if (!(this.#waitingBytes > 0)) return "none";
    // Only that it moves means something.
    const takenBytes = this.#connection.bytesWritten - this.#connection.writableLength;
    if (!waitedBefore || takenBytes !== this.#takenBytes) this.#sinceMs = nowMs;
    this.#takenBytes = takenBytes;
    return nowMs - this.#sinceMs <= graceMs + (this.#waitingBytes / bytesPerS) * 1000 ? "waiting" : "slow";
  }

  #queuedBytes(): number {
    if (this.#queued.length === 0) return 0;
    this.#queued = this.#queued.filter(({ socket, closed }) => socket === null && !closed);
    return this.#queued.reduce((sum, { writableLength }) => sum + writableLength, 0);
  }
}

/**
 * Whose answers must go so that no more than `bytesMax` wait: those first that have taken nothing for longest, and of
 * these the largest.
 */
export function crowdedOut<Waiting extends { answers: Pick<AnswerProgress, "waitingBytes" | "sinceMs"> }>(
  waiting: readonly Waiting[],
  bytesMax: number,
): Waiting[] {
  let leftBytes = waiting.reduce((sum, { answers }) => sum + answers.waitingBytes, 0);
  if (leftBytes <= bytesMax) return [];
  const inTurn = waiting.toSorted(
    ({ answers: a }, { answers: b }) => a.sinceMs - b.sinceMs || b.waitingBytes - a.waitingBytes,
  );
  return inTurn.filter(({ answers }) => {
    const goes = leftBytes > bytesMax;
    leftBytes -= answers.waitingBytes;
    return goes;
  });
}
