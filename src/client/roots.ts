import { asRecord } from "../command/answers.ts";
import { type Answer, type Client, type Request, ServiceUnreachable } from "../command/client.ts";
import type { ErrorCode } from "../errors.ts";

/** How an attempt at one root ended. */
export type RootAttempt = { kind: "answered"; status: number; code: unknown } | { kind: "unreachable" };

/** What a balancer or proxy answers when it cannot reach the root behind it. */
const gatewayStatuses: readonly number[] = [502, 503, 504];

/** What a root answers of itself: another may be ready, or hear from the change log what became of the write. */
const rootsOwnCodes: readonly string[] = ["not_ready", "write_uncertain"] satisfies ErrorCode[];

/**
 * Whether a request goes to another root after one ended so: where nothing answered, where a root says that it is not
 * ready or does not know whether it wrote, and where something before the root answered in its stead, which shows by the missing code. Whatever else a
 * root answers, another one would answer too.
 */
export function goesElsewhere(attempt: RootAttempt): boolean {
  if (attempt.kind === "unreachable") return true;
  if (typeof attempt.code !== "string") return gatewayStatuses.includes(attempt.status);
  return attempt.status === 503 && rootsOwnCodes.includes(attempt.code);
}

/** The roots of one cluster. Every request begins at the one that answered last. */
export class Roots {
  readonly #clients: readonly Client[];
  #preferred = 0;

  /** `clients`: one for each root, at least one. */
  constructor(clients: readonly Client[]) {
    if (clients.length === 0) throw new RangeError("name at least one root's address");
    this.#clients = clients;
  }

  /**
   * Asks one root after the other, each once, until one takes the request. `requestFor` makes the request anew for each
   * and gives `undefined` when it is too late for another. Rejects with the last root's `ServiceUnreachable`.
   */
  async ask(path: string, requestFor: () => Request | undefined): Promise<Answer> {
    let refused: Answer | undefined;
    let failure: ServiceUnreachable | undefined;
    for (const [place, client] of this.#order()) {
      const request = requestFor();
      if (request === undefined) break;
      const answer = await client.request(path, request).catch(unreachable);
      if (answer instanceof ServiceUnreachable) failure = answer;
      else if (goesElsewhere({ kind: "answered", status: answer.status, code: asRecord(answer.body).code })) {
        refused = answer;
      } else {
        this.#preferred = place;
        return answer;
      }
    }
    if (refused !== undefined) return refused;
    throw failure ?? new ServiceUnreachable("no root answered in time");
  }

  /** The roots as one: what may be sent twice goes to any of them, anything else to one alone. */
  asClient(): Client {
    return {
      url: this.#clients[this.#preferred]?.url ?? "",
      request: (path, request = {}) => this.ask(path, () => request),
    };
  }

  /** Asks the root that answered last and no other: for what must not be sent twice. */
  async askOne(path: string, request: Request): Promise<Answer> {
    const [, client] = this.#order()[0] ?? [];
    if (client === undefined) throw new ServiceUnreachable("there is no root");
    try {
      return await client.request(path, request);
    } catch (error) {
      this.#preferred = (this.#preferred + 1) % this.#clients.length;
      throw error;
    }
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

function unreachable(error: unknown): ServiceUnreachable {
  if (error instanceof ServiceUnreachable) return error;
  throw error;
}
