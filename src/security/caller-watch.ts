import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { HedgerowError } from "../errors.ts";
import type { Clock, Timer, Timers } from "../time.ts";
import { type AnswerPace, AnswerProgress, answerPaceDefault, crowdedOut } from "./answer-progress.ts";
import { type BodyPace, BodyProgress, bodyPaceDefault } from "./body-progress.ts";
import { hangUp, type Told } from "./client-error.ts";

/** How slowly callers may send and take. */
export type CallerPace = { body?: BodyPace; answer?: AnswerPace };

/** What an answer says that refuses its request's body, which hears why. */
export type TellRefusal = (refusal: HedgerowError) => Told;

/** Why a connection is closed: a body or an answer was too slow, or too much of all answers waited. */
export type GivenUpCause = "slow_body" | "slow_answer" | "crowded";

export type CallerWatchParts = {
  clock: Clock;
  timers: Timers;
  pace?: CallerPace | undefined;
  /** Hears of each connection that is given up. */
  onGivenUp?: (cause: GivenUpCause) => void;
};

type Exchange = { request: IncomingMessage; response: ServerResponse };
type Body = { progress: BodyProgress; response: ServerResponse; tell: TellRefusal };
type Caller = { socket: Socket; answers: AnswerProgress; body: Body | undefined };

const lookEveryMs = 250;

/**
 * Gives up connections whose callers send a request's body too slowly, or take its answer too slowly: what is left unread
 * lies in this process's memory for as long as the connection stands. It looks over the connections now and then, so that
 * a request costs it next to nothing.
 */
export class CallerWatch {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #bodyPace: BodyPace;
  readonly #answerPace: AnswerPace;
  readonly #callers = new Map<Socket, Caller>();
  readonly #onGivenUp: (cause: GivenUpCause) => void;
  #timer: Timer | undefined;

  constructor({ clock, timers, pace = {}, onGivenUp = () => undefined }: CallerWatchParts) {
    this.#clock = clock;
    this.#timers = timers;
    this.#bodyPace = pace.body ?? bodyPaceDefault;
    this.#answerPace = pace.answer ?? answerPaceDefault;
    this.#onGivenUp = onGivenUp;
  }

  /** Watches a request from its head on. A body that is still to come when it is answered is watched on: nobody waits for it any more. */
  begin({ request, response }: Exchange, tell: TellRefusal): void {
    const caller = this.#callerOf(request.socket);
    caller.body = { progress: new BodyProgress(request), response, tell };
    if (response.socket === null) caller.answers.queue(response);
  }

  close(): void {
    this.#timer?.cancel();
    this.#callers.clear();
  }

  #callerOf(socket: Socket): Caller {
    const known = this.#callers.get(socket);
    if (known !== undefined) return known;
    const caller = { socket, answers: new AnswerProgress(socket), body: undefined };
    this.#callers.set(socket, caller);
    this.#timer ??= this.#timers.after(lookEveryMs, () => this.#look());
    return caller;
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    const waiting: Caller[] = [];
    for (const caller of this.#callers.values()) {
      if (caller.socket.destroyed) this.#callers.delete(caller.socket);
      else {
        this.#lookAtBody(caller, nowMs);
        const answers = caller.answers.look(nowMs, this.#answerPace);
        if (answers === "waiting") waiting.push(caller);
        else if (answers === "slow") this.#giveUp(caller, "slow_answer");
      }
    }
    for (const caller of crowdedOut(waiting, this.#answerPace.waitingBytesMax)) this.#giveUp(caller, "crowded");
    this.#timer = this.#callers.size === 0 ? undefined : this.#timers.after(lookEveryMs, () => this.#look());
  }

  #lookAtBody(caller: Caller, nowMs: number): void {
    const { socket, body } = caller;
    const progress = body?.progress.look(nowMs, this.#bodyPace);
    if (body === undefined || progress === "coming") return;
    caller.body = undefined;
    if (progress === "over") return;
    this.#onGivenUp("slow_body");
    // What was answered before its body had come has nothing more to be told.
    if (body.response.headersSent) socket.destroy();
    else refuse(socket, body.tell);
  }

  #giveUp({ socket }: Caller, cause: GivenUpCause): void {
    // One that its body has just ended is counted already.
    if (socket.destroyed) return;
    socket.destroy();
    this.#onGivenUp(cause);
  }
}

function refuse(socket: Socket, tell: TellRefusal): void {
  const refusal = new HedgerowError("timed_out", "the request's body came too slowly");
  hangUp(socket, refusal, tell(refusal));
}
