import type { IncomingMessage, ServerResponse } from "node:http";
import { HedgerowError } from "../errors.ts";
import type { Clock, Timers } from "../time.ts";
import { type AnswerPace, AnswerWatch } from "./answer-watch.ts";
import { type BodyPace, BodyWatch } from "./body-watch.ts";
import { hangUp, type Told } from "./client-error.ts";

/** How slowly callers may send and take. */
export type CallerPace = { body?: BodyPace; answer?: AnswerPace };

/** Gives up callers that send a request's body too slowly, or take its answer too slowly. */
export class CallerWatch {
  readonly #bodies: BodyWatch;
  readonly #answers: AnswerWatch;

  constructor({ pace: { body, answer } = {}, ...time }: { clock: Clock; timers: Timers; pace?: CallerPace }) {
    this.#bodies = new BodyWatch({ ...time, ...(body === undefined ? {} : { pace: body }) });
    this.#answers = new AnswerWatch({ ...time, ...(answer === undefined ? {} : { pace: answer }) });
  }

  /**
   * Watches a request from its head on, until it is answered. A body that is still to come then is watched on: nobody waits
   * for it any more. `told` is what an answer says that refuses its body, and hears why.
   */
  begin(
    { request, response }: { request: IncomingMessage; response: ServerResponse },
    told: (refusal: HedgerowError) => Told,
  ): void {
    const body = this.#bodies.begin(request, () => {
      // What was answered before its body had come has nothing more to be told.
      if (response.headersSent) {
        request.socket.destroy();
        return;
      }
      const refusal = new HedgerowError("timed_out", "the request's body came too slowly");
      hangUp(request.socket, refusal, told(refusal));
    });
    const answer = this.#answers.begin({ request, response });
    response.once("close", () => {
      this.#answers.end(answer);
      if (body !== undefined && request.complete) this.#bodies.end(body);
    });
  }

  close(): void {
    this.#bodies.close();
    this.#answers.close();
  }
}
