import type { Random, Timers } from "../time.ts";
import { asRecord, asText } from "./answers.ts";
import { type Batch, halvesOf } from "./batches.ts";
import { type Answer, accepted, type Client, describeProblem, unreachable } from "./client.ts";
import { idsOf } from "./id-order.ts";
import { type Attempt, retryDelayMs } from "./retry.ts";

/** Where an import goes. `tell` hears why it is tried again, unless there is only too much at once. */
export type Destination = {
  client: Client;
  path: string;
  timers: Timers;
  random: Random;
  tell(reason: string): void;
  signal: AbortSignal | undefined;
};

/** A batch, or a part of one, that the service took, with its receipt. */
export type Delivered = { batch: Batch; answer: Answer };

/**
 * Brings batches to a service. What it does not take for now is sent again for a while. What is too large for one request
 * goes in halves, one after the other, so that of two lines with one id the later still stands; a single line that is too
 * large rejects itself. Remembers how much was too much: later batches are cut to that before they are sent.
 */
export class Delivery {
  readonly #to: Destination;
  #batchBytesMax = Number.POSITIVE_INFINITY;

  constructor(to: Destination) {
    this.#to = to;
  }

  /** Gives each part as it is taken. Throws `RequestRefused` or `ServiceUnreachable` for one that cannot be delivered. */
  async *partsOf(batch: Batch): AsyncGenerator<Delivered, void> {
    if (batch.lines <= 1 || batch.bytes.length <= this.#batchBytesMax) {
      const answer = await this.#send(batch);
      if (answer.status !== 413 || batch.lines < 1) return yield { batch, answer: accepted(answer) };
      if (batch.lines === 1) return yield { batch, answer: tooLarge(batch, answer) };
      this.#batchBytesMax = Math.min(this.#batchBytesMax, Math.ceil(batch.bytes.length / 2));
    }
    for (const half of halvesOf(batch)) yield* this.partsOf(half);
  }

  /** Resolves to the last answer, once there is nothing to wait for that could change it. */
  async #send({ bytes }: Batch): Promise<Answer> {
    const { client, path, timers, random, tell, signal } = this.#to;
    let waitedMs = 0;
    for (let retries = 0; ; retries++) {
      const request = { method: "POST", lines: bytes, ...(signal === undefined ? {} : { signal }) } as const;
      const answer = await client.request(path, request).catch(unreachable);
      const attempt: Attempt = answer instanceof Error ? { kind: "unreachable" } : { kind: "answered", ...answer };
      const delayMs = retryDelayMs(attempt, { retries, waitedMs }, random);
      if (delayMs !== undefined) {
        if (answer instanceof Error) tell(answer.message);
        else if (answer.status !== 429) tell(describeProblem(answer));
        await pause(delayMs, timers, signal);
        waitedMs += delayMs;
      } else if (answer instanceof Error) throw answer;
      else return answer;
    }
  }
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is raised. */
function pause(delayMs: number, timers: Timers, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const stop = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = timers.after(delayMs, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** One document that is larger than a request may be rejects itself and no other. A proxy says that without a code. */
function tooLarge({ bytes }: Batch, answer: Answer): Answer {
  const { code, detail } = asRecord(answer.body);
  const [id] = idsOf(bytes);
  const rejection = {
    line: 1,
    ...(id === undefined ? {} : { id }),
    code: asText(code) ?? "too_large",
    detail: asText(detail) ?? "the line is longer than any request may be",
  };
  return { ...answer, body: { accepted: 0, rejected: [rejection] } };
}
