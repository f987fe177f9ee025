import type { AnswerReserves } from "./answer-time.ts";
import {
  type Arrived,
  BegunSearch,
  beginSearch,
  failSearch,
  type ReplyTo,
  type SearchParts,
  type SearchRequest,
} from "./search.ts";

export type SearchQueueSettings = AnswerReserves & {
  /** Searches that may wait beside the one that runs; one more is refused with `overloaded`. */
  waitingMax: number;
  /** How long the thread searches before it looks at its sockets again. */
  sliceMs: number;
};

export const searchQueueDefaults: SearchQueueSettings = {
  waitingMax: 128,
  sliceMs: 1,
  replyReserveMs: 0.5,
  hitReserveMs: 0.001,
  detailReserveMs: 10,
  letterReserveMs: 0.000_05,
};

/**
 * The one queue of this process's thread: searches run one after the other, in the order they came. What is told of
 * hits in detail is worked out a slice at a time, each time behind those that wait.
 */
export type SearchQueue = {
  /** Takes a search in. False: it was refused, and its failure has been sent. */
  submit(search: SearchRequest): boolean;
  /** Whether a search of this number, whose answers go there, waits or runs. */
  has(replyTo: ReplyTo, request: number): boolean;
  /** Stops a search, whether it waits or runs; nothing more is said about it. False: there is none (any more). */
  cancel(replyTo: ReplyTo, request: number): boolean;
  /** Stops all whose answers go there. */
  cancelAll(replyTo: ReplyTo): void;
  /** Searches that wait, and the one that runs. */
  readonly length: number;
};

export type SearchQueueParts = SearchParts & {
  /** Runs a slice after the sockets had their turn. */
  schedule: (turn: () => void) => void;
  settings: SearchQueueSettings;
};

/** Makes the queue. A search that throws ends with `crashed` and takes nothing else down. */
export function createSearchQueue(parts: SearchQueueParts): SearchQueue {
  const { clock, meter, schedule, settings } = parts;
  // Short enough to be gone through: a Map or Set that fills and empties this fast burdens the collector (`under-way`).
  const waiting: (Arrived | BegunSearch)[] = [];
  let active: BegunSearch | undefined;
  let scheduled = false;

  const wake = (): void => {
    if (scheduled) return;
    scheduled = true;
    schedule(turn);
  };

  /** Runs the active search until it ends or the slice does. */
  const advance = (current: BegunSearch, sliceEndMs: number): void => {
    try {
      if (!current.work(sliceEndMs)) return;
    } catch (error) {
      active = undefined;
      current.fault(error);
      return;
    }
    active = undefined;
    current.answer();
  };

  /** Answers those that wait to go on with details, and can wait no longer. */
  const answerDue = (nowMs: number): void => {
    const isDue = (one: Arrived | BegunSearch): boolean => one instanceof BegunSearch && one.isDue(nowMs);
    for (let at = waiting.findIndex(isDue); at >= 0; at = waiting.findIndex(isDue)) {
      const [due] = waiting.splice(at, 1);
      if (due instanceof BegunSearch) due.answer();
    }
  };

  const turn = (): void => {
    scheduled = false;
    let nowMs = clock.nowMs();
    const sliceEndMs = nowMs + settings.sliceMs;
    answerDue(nowMs);
    do {
      if (active === undefined) {
        const next = waiting.shift();
        if (next === undefined) return;
        active = next instanceof BegunSearch ? next : beginSearch(next, nowMs, parts);
      }
      if (active !== undefined) advance(active, sliceEndMs);
      nowMs = clock.nowMs();
    } while (nowMs < sliceEndMs);
    if (active?.isAtDetails) {
      waiting.push(active);
      active = undefined;
    }
    if (active !== undefined || waiting.length > 0) wake();
  };

  const isOf = ({ search }: { search: SearchRequest }, replyTo: ReplyTo, request: number): boolean =>
    search.request === request && search.replyTo === replyTo;

  const cancel = (replyTo: ReplyTo, request: number): boolean => {
    if (active !== undefined && isOf(active, replyTo, request)) {
      active = undefined;
      meter.cancelled("running");
      return true;
    }
    const place = waiting.findIndex((one) => isOf(one, replyTo, request));
    if (place < 0) return false;
    const [one] = waiting.splice(place, 1);
    meter.cancelled(one instanceof BegunSearch ? "running" : "queued");
    return true;
  };

  return {
    submit(search) {
      if (waiting.length >= settings.waitingMax) {
        failSearch(search, { code: "overloaded", detail: `${waiting.length} searches are waiting` }, parts);
        return false;
      }
      waiting.push({ search, arrivedMs: clock.nowMs() });
      wake();
      return true;
    },
    has(replyTo, request) {
      if (active !== undefined && isOf(active, replyTo, request)) return true;
      for (const one of waiting) if (isOf(one, replyTo, request)) return true;
      return false;
    },
    cancel,
    cancelAll(replyTo) {
      const all = active === undefined ? [...waiting] : [active, ...waiting];
      for (const { search } of all) if (search.replyTo === replyTo) cancel(replyTo, search.request);
    },
    get length() {
      return waiting.length + (active === undefined ? 0 : 1);
    },
  };
}
