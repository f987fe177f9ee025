import { asRecord } from "../command/answers.ts";
import { type Answer, type Client, type Request, ServiceUnreachable, unreachable } from "../command/client.ts";
import type { ErrorCode } from "../errors.ts";
import type { Timers } from "../time.ts";
import { timeLimit } from "./time-limit.ts";

/** How an attempt at one root ended. */
export type RootAttempt = { kind: "answered"; status: number; code: unknown } | { kind: "unreachable" };

/** What a balancer or proxy answers when it cannot reach the root behind it. */
const gatewayStatuses: readonly number[] = [502, 503, 504];

/** What a root answers of itself: another may be ready, or hear from the change log what became of the write. */
const rootsOwnCodes: readonly string[] = ["not_ready", "write_uncertain"] satisfies ErrorCode[];
/** What a root answers before it does anything. */
const didNothing: ErrorCode = "not_ready";

/**
 * Whether a request goes to another root after one ended so: where nothing answered, where a root says that it is not
 * ready or does not know whether it wrote, and where something before the root answered in its stead, which shows by the missing code. Whatever else a
 * root answers, another one would answer too.
 */
function goesElsewhere(attempt: RootAttempt): boolean {
  if (attempt.kind === "unreachable") return true;
  if (typeof attempt.code !== "string") return gatewayStatuses.includes(attempt.status);
  return attempt.status === 503 && rootsOwnCodes.includes(attempt.code);
}

/** A root that took the connection, and said nothing for as long as it may. */
class RootSilent extends ServiceUnreachable {}

/** A request to one of several roots. `patienceMs`: how long that one may stay silent; undefined: until the signal. */
export type RootRequest = Request & { patienceMs?: number | undefined };

/** Whose turn it is: whether there is no other root behind it, and whether the one before it stayed silent. */
export type RootTurn = { isLast: boolean; afterSilence: boolean };

/** The roots of one cluster. Every request begins at the one that answered last, or behind one that did not. */
export class Roots {
  readonly #clients: readonly Client[];
  readonly #timers: Timers;
  #preferred = 0;

  /** `clients`: one for each root, at least one. */
  constructor(clients: readonly Client[], timers: Timers) {
    if (clients.length === 0) throw new RangeError("name at least one root's address");
    this.#clients = clients;
    this.#timers = timers;
  }

  /**
   * Asks one root after the other, each once, until one takes the request. `requestFor` makes the request anew for each
   * and gives `undefined` when it is too late for another. Rejects with the last root's `ServiceUnreachable`.
   */
  async ask(path: string, requestFor: (turn: RootTurn) => RootRequest | undefined): Promise<Answer> {
    let refused: Answer | undefined;
    let failure: ServiceUnreachable | undefined;
    const order = this.#order();
    for (const [turn, [place, client]] of order.entries()) {
      const isLast = turn === order.length - 1;
      const request = requestFor({ isLast, afterSilence: failure instanceof RootSilent });
      if (request === undefined) break;
      const answer = await this.#patiently(client, { path, request }).catch(unreachable);
      if (answer instanceof ServiceUnreachable) failure = answer;
      else if (isPassedOver(answer)) refused = answer;
      else {
        this.#preferred = place;
        return answer;
      }
      this.#leave(place);
    }
    if (refused !== undefined) return refused;
    throw failure ?? new ServiceUnreachable("no root answered in time");
  }

  /** The roots as one: what may be sent twice goes to any of them, anything else to one alone. */
  asClient(patienceMs: number): Client {
    return {
      url: this.#clients[this.#preferred]?.url ?? "",
      request: (path, request = {}) => this.ask(path, () => ({ ...request, patienceMs })),
    };
  }

  /** For what must not be sent twice: asks one root, and another only where that one says that it has done nothing. */
  async askOne(path: string, request: RootRequest): Promise<Answer> {
    let refused: Answer | undefined;
    for (const [place, client] of this.#order()) {
      try {
        const answer = await this.#patiently(client, { path, request });
        if (!isPassedOver(answer)) return answer;
        this.#leave(place);
        if (codeOf(answer) !== didNothing) return answer;
        refused = answer;
      } catch (error) {
        this.#leave(place);
        throw error;
      }
    }
    if (refused === undefined) throw new ServiceUnreachable("there is no root");
    return refused;
  }

  /** One that takes a connection and says nothing is as good as one that takes none. */
  async #patiently(client: Client, { path, request }: { path: string; request: RootRequest }): Promise<Answer> {
    const { patienceMs, ...rest } = request;
    if (patienceMs === undefined) return client.request(path, rest);
    const { signal } = rest;
    const limit = timeLimit(patienceMs, { timers: this.#timers, ...(signal && { outer: signal }) });
    try {
      return await client.request(path, { ...rest, signal: limit.signal });
    } catch (error) {
      if (limit.isOver()) throw new RootSilent(`no answer from ${client.url} within ${patienceMs} ms`);
      throw error;
    } finally {
      limit.clear();
    }
  }

  /** The next request begins elsewhere. */
  #leave(place: number): void {
    if (this.#preferred === place) this.#preferred = (place + 1) % this.#clients.length;
  }

  #order(): [number, Client][] {
    const { length } = this.#clients;
    return this.#clients.flatMap((_, turn) => {
      const place = (this.#preferred + turn) % length;
      const client = this.#clients[place];
      return client === undefined ? [] : [[place, client] satisfies [number, Client]];
    });
  }
}

function isPassedOver(answer: Answer): boolean {
  return goesElsewhere({ kind: "answered", status: answer.status, code: codeOf(answer) });
}

/** Why a root refused, as its problem document says. */
export function codeOf({ body }: Answer): unknown {
  return asRecord(body).code;
}
