import { AnswerCache } from "./answer-cache.ts";

/** What a scatter came to. `current`: no shard answered from before what the key says it had come to. */
export type GatheredAnswer = { body: Buffer; complete: boolean; current: boolean; times: AnswerTimes };

/** When the plan stood, and when the last shard that counts had answered. */
export type AnswerTimes = { plannedMs: number; gatheredMs: number };

/** One request for an answer. */
export type AnswerRequest = {
  /** What is asked, of which statistics and sequences; undefined: it is neither shared nor kept. */
  key: string | undefined;
  /** What else must be alike for two requests under way to share an answer that may not be complete. */
  variant: string;
  /** Whether it was told that a write can be found: an answer from before what the key says will not do. */
  mustBeCurrent: boolean;
  startMs: number;
  deadlineMs: number;
  onGone: (run: () => void) => void;
  /** Gathers the answer; `onGone` runs its argument when nobody waits for it any more, at once where that is so already. */
  gather: (onGone: (run: () => void) => void) => Promise<GatheredAnswer>;
};

export type AnswerSource = "cache" | "shared" | "scatter";
export type FoundAnswer =
  | { source: "cache" | "shared"; body: Buffer }
  | { source: "scatter"; body: Buffer; times: AnswerTimes };

type Flight = { deadlineMs: number; crowd: Crowd; result: Promise<GatheredAnswer> };

/** How many scatters a request waits for before it has one of its own: those who were let down by one share the next. */
const joinsMax = 2;

/** Who waits for one scatter. */
class Crowd {
  #waiting = 0;
  #hasGone = false;
  readonly #whenGone: (() => void)[] = [];

  /** Whether there were some and all of them have gone. */
  get hasGone(): boolean {
    return this.#hasGone;
  }

  join({ onGone }: Pick<AnswerRequest, "onGone">): void {
    this.#waiting++;
    onGone(() => {
      this.#waiting--;
      if (this.#waiting > 0) return;
      this.#hasGone = true;
      for (const run of this.#whenGone) run();
    });
  }

  /** Runs its argument when all have gone: at once where they have. */
  onGone(run: () => void): void {
    if (this.#hasGone) run();
    else this.#whenGone.push(run);
  }
}

/**
 * Answers what has been asked before without asking the leaves again:
 * - a complete answer is kept under its key and given to everybody who asks the same until that key is past;
 * - requests for the same that are under way share one scatter. One joins another only if that one's deadline is no
 *   later than its own, so that it is answered on time; and if what comes is an error or incomplete while half its own
 *   budget is left, it asks again, with the others who do. A scatter is cancelled when the last who wait for it have gone.
 */
export class InstantAnswers {
  /** Answers that were given, by where they came from. */
  readonly counts: Record<AnswerSource, number> = { cache: 0, shared: 0, scatter: 0 };
  readonly #cache: AnswerCache;
  readonly #nowMs: () => number;
  readonly #flights = new Map<string, Flight>();

  constructor(options: { cacheBytesMax: number; nowMs: () => number }) {
    this.#cache = new AnswerCache(options.cacheBytesMax);
    this.#nowMs = options.nowMs;
  }

  get cacheBytes(): number {
    return this.#cache.bytes;
  }

  async find(request: AnswerRequest): Promise<FoundAnswer> {
    const { key } = request;
    if (key === undefined) return this.#own(await request.gather(request.onGone));
    const kept = this.#cache.get(key);
    if (kept !== undefined) {
      this.counts.cache++;
      return { body: kept.body, source: "cache" };
    }
    const name = `${request.variant} ${key}`;
    for (let joins = 0; joins < joinsMax; joins++) {
      const flight = this.#flights.get(name);
      if (flight === undefined || flight.crowd.hasGone || flight.deadlineMs > request.deadlineMs) break;
      const shared = await this.#join(flight, request);
      if (shared !== undefined) return shared;
    }
    return this.#own(await this.#lead(name, request, key));
  }

  #own({ body, times }: GatheredAnswer): FoundAnswer {
    this.counts.scatter++;
    return { source: "scatter", body, times };
  }

  /** Gathers an answer that others may join. */
  async #lead(name: string, request: AnswerRequest, key: string): Promise<GatheredAnswer> {
    const crowd = new Crowd();
    crowd.join(request);
    const result = request.gather((run) => crowd.onGone(run));
    const flight: Flight = { deadlineMs: request.deadlineMs, crowd, result };
    this.#flights.set(name, flight);
    try {
      const answer = await result;
      if (answer.complete && answer.current) this.#cache.keep(key, answer);
      return answer;
    } finally {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    }
  }

  /** What a scatter under way brings; undefined where asking again is better. */
  async #join(flight: Flight, request: AnswerRequest): Promise<FoundAnswer | undefined> {
    flight.crowd.join(request);
    const isLate = (): boolean => request.deadlineMs - this.#nowMs() < (request.deadlineMs - request.startMs) / 2;
    try {
      const { body, complete, current } = await flight.result;
      if (!current && request.mustBeCurrent) return undefined;
      if (!complete && !isLate()) return undefined;
      this.counts.shared++;
      return { body, source: "shared" };
    } catch (cause) {
      if (isLate()) throw cause;
      return undefined;
    }
  }
}
