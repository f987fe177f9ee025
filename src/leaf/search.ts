import { HedgerowError } from "../errors.ts";
import type { LeafProfile } from "../protocol/leaf-profile.ts";
import type { DocumentSlice, ShardReply, searchErrorCodes } from "../protocol/link.ts";
import type { Plan } from "../protocol/plan.ts";
import type { Clock } from "../time.ts";
import { type AnswerReserves, type AnswerTimes, answerByMs, answerTimes } from "./answer-time.ts";

/** What a search found; `sources` are the hits' documents as raw JSON, in the hits' order. */
export type SearchResult = Omit<ShardReply, "documentSizesBytes" | "queuedMs" | "tookMs" | "profile"> & {
  sources: readonly DocumentSlice[];
};

/** One search over one shard, done in steps. */
export type RunningSearch = {
  /** Works until done (true) or until `shouldPause` says so (false). */
  step(shouldPause: () => boolean): boolean;
  /** Scans no further: what is left to step through is putting what was found in order. */
  stop(): void;
  /** Ends it with the result so far. A search that nobody wants any more is just dropped. */
  finish(): SearchResult;
  /** Postings read so far, or work worth as many. */
  readonly postings: number;
  /** About how many letters its hits' details have come to, once these are all that is left to do; undefined before. */
  readonly detailLetters: number | undefined;
};

/** A shard that can be searched. */
export type SearchedShard = { prepare(plan: Plan): RunningSearch };

/** Why a search brings nothing: an attempt's errors but those that come of a link, which only a root sees or a reply meets. */
export type SearchFailure = {
  code: (typeof searchErrorCodes)[number];
  detail: string;
};

/** Where answers go. All answers to one request carry its number; exactly one `reply` or `failure` ends it. */
export type ReplyTo = {
  started(request: number): void;
  reply(request: number, reply: ShardReply, sources: readonly DocumentSlice[]): void;
  failure(request: number, error: SearchFailure): void;
};

/** A search as it came in. The plan is not read before its turn comes. */
export type SearchRequest = {
  request: number;
  shard: number;
  plan: Uint8Array;
  budgetMs: number;
  tied: boolean;
  replyTo: ReplyTo;
};

type Arrived = { search: SearchRequest; arrivedMs: number };

/** Finds what a plan is for; a SearchFailure is the answer when it cannot be searched. */
export type PlanResolver = (
  plan: Uint8Array,
  shard: number,
) => { kind: "found"; plan: Plan; shard: SearchedShard } | { kind: "refused"; error: SearchFailure };

/** What is counted; see `telemetry/`. Times in milliseconds. */
export type SearchMeter = {
  started(queuedMs: number): void;
  replied(outcome: ShardReply["outcome"], tookMs: number): void;
  failed(code: SearchFailure["code"]): void;
  cancelled(stage: "queued" | "running"): void;
};

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

type Active = Arrived & {
  running: RunningSearch;
  queuedMs: number;
  times: AnswerTimes;
  /** Measured only where the plan asks for it. */
  kernel: { tookMs: number; slices: number } | undefined;
};

export type SearchQueueParts = {
  resolve: PlanResolver;
  clock: Clock;
  meter: SearchMeter;
  /** Runs a slice after the sockets had their turn. */
  schedule: (turn: () => void) => void;
  settings: SearchQueueSettings;
  /** Hears of searches that were thrown out of; a fault of theirs or of this program's. */
  onFault?: (fault: SearchFault) => void;
};

/** A search that ended in something thrown. */
export type SearchFault = { error: SearchFailure; cause: unknown; search: SearchRequest };

/** Makes the queue. A search that throws ends with `crashed` and takes nothing else down. */
export function createSearchQueue({
  resolve,
  clock,
  meter,
  schedule,
  settings,
  onFault,
}: SearchQueueParts): SearchQueue {
  // Short enough to be gone through: a Map or Set that fills and empties this fast burdens the collector (`under-way`).
  const waiting: (Arrived | Active)[] = [];
  let active: Active | undefined;
  let scheduled = false;
  let pauseAtMs = 0;
  const shouldPause = (): boolean => clock.nowMs() >= pauseAtMs;

  const fail = (search: SearchRequest, error: SearchFailure): void => {
    meter.failed(error.code);
    search.replyTo.failure(search.request, error);
  };

  const fault = (search: SearchRequest, cause: unknown): void => {
    const error = asFailure(cause);
    fail(search, error);
    onFault?.({ error, cause, search });
  };

  const wake = (): void => {
    if (scheduled) return;
    scheduled = true;
    schedule(turn);
  };

  /** Makes a search the active one, or answers why not. */
  const begin = ({ search, arrivedMs }: Arrived, nowMs: number): void => {
    const queuedMs = nowMs - arrivedMs;
    const endMs = arrivedMs + Math.max(search.budgetMs - settings.replyReserveMs, search.budgetMs / 2);
    if (nowMs >= endMs) {
      fail(search, {
        code: "expired",
        detail: `its ${search.budgetMs.toFixed(1)} ms were over after ${queuedMs.toFixed(1)}`,
      });
      return;
    }
    try {
      const resolved = resolve(search.plan, search.shard);
      if (resolved.kind === "refused") {
        fail(search, resolved.error);
        return;
      }
      meter.started(queuedMs);
      if (search.tied) search.replyTo.started(search.request);
      const running = resolved.shard.prepare(resolved.plan);
      const times = answerTimes(resolved.plan, { nowMs, endMs }, settings);
      const kernel = resolved.plan.profile === true ? { tookMs: 0, slices: 0 } : undefined;
      active = { search, arrivedMs, running, queuedMs, times, kernel };
    } catch (error) {
      fault(search, error);
    }
  };

  const stepped = ({ running, kernel }: Active): boolean => {
    if (kernel === undefined) return running.step(shouldPause);
    const beganMs = clock.nowMs();
    const done = running.step(shouldPause);
    kernel.tookMs += clock.nowMs() - beganMs;
    kernel.slices++;
    return done;
  };

  const profileOf = ({ arrivedMs, running, queuedMs, kernel }: Active): LeafProfile | undefined => {
    if (kernel === undefined) return undefined;
    const { tookMs: kernelMs, slices } = kernel;
    const instants = { arrivedMs, startedMs: arrivedMs + queuedMs, repliedMs: clock.nowMs() };
    return { ...instants, kernelMs, slices, postings: running.postings };
  };

  const answer = (current: Active): void => {
    const { search, arrivedMs, queuedMs, running } = current;
    try {
      const found = running.finish();
      const odd = endlessScore(found.hits);
      if (odd !== undefined) {
        fail(search, { code: "bad_plan", detail: `its numbers are too large: the score of ${odd.id} is ${odd.score}` });
        return;
      }
      const tookMs = clock.nowMs() - arrivedMs - queuedMs;
      meter.replied(found.outcome, tookMs);
      const reply = replyOf(found, { queuedMs, tookMs });
      const profile = profileOf(current);
      if (profile !== undefined) reply.profile = profile;
      search.replyTo.reply(search.request, reply, found.sources);
    } catch (error) {
      fault(search, error);
    }
  };

  const answerBy = ({ times, running }: Active): number => answerByMs(times, running.detailLetters, settings);

  /** Whether a search goes on, be it only to put in order what it found: then it is stopped. */
  const goesOn = (current: Active, nowMs: number): boolean => {
    const { times, running } = current;
    if (nowMs >= answerBy(current)) return false;
    if (nowMs < times.stopMs) return true;
    running.stop();
    times.stopMs = times.endMs;
    return true;
  };

  /** Runs the active search until it ends or the slice does. */
  const advance = (current: Active, sliceEndMs: number): void => {
    try {
      pauseAtMs = Math.min(sliceEndMs, current.times.stopMs, answerBy(current));
      if (!stepped(current) && goesOn(current, clock.nowMs())) return;
    } catch (error) {
      active = undefined;
      fault(current.search, error);
      return;
    }
    active = undefined;
    answer(current);
  };

  /** Answers those that wait to go on with details, and can wait no longer. */
  const answerDue = (nowMs: number): void => {
    const isDue = (one: Arrived | Active): boolean => "running" in one && nowMs >= answerBy(one);
    for (let at = waiting.findIndex(isDue); at >= 0; at = waiting.findIndex(isDue)) {
      const [due] = waiting.splice(at, 1);
      if (due !== undefined && "running" in due) answer(due);
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
        if ("running" in next) active = next;
        else begin(next, nowMs);
      }
      if (active !== undefined) advance(active, sliceEndMs);
      nowMs = clock.nowMs();
    } while (nowMs < sliceEndMs);
    if (active?.running.detailLetters !== undefined) {
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
    meter.cancelled(one !== undefined && "running" in one ? "running" : "queued");
    return true;
  };

  return {
    submit(search) {
      if (waiting.length >= settings.waitingMax) {
        fail(search, { code: "overloaded", detail: `${waiting.length} searches are waiting` });
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

/** A hit whose score no reply can carry. Roots bound what goes into scores; this is what stands between others and a link. */
function endlessScore(hits: SearchResult["hits"]): SearchResult["hits"][number] | undefined {
  for (const hit of hits) if (!Number.isFinite(hit.score)) return hit;
  return undefined;
}

/** Written out: this is made for every search, and copying members by spreading them costs as much as a term's lookup. */
function replyOf(found: SearchResult, { queuedMs, tookMs }: { queuedMs: number; tookMs: number }): ShardReply {
  const { outcome, documents, documentsTotal, sequence, total, totalExact, hits, sources } = found;
  const documentSizesBytes: number[] = [];
  for (const { start, end } of sources) documentSizesBytes.push(end - start);
  const reply: ShardReply = {
    outcome,
    documents,
    documentsTotal,
    sequence,
    total,
    totalExact,
    hits,
    documentSizesBytes,
    queuedMs,
    tookMs,
  };
  if (found.facets !== undefined) reply.facets = found.facets;
  return reply;
}

/** What the engine refuses does not fit its columns; anything else that it throws is its own fault. */
function asFailure(error: unknown): SearchFailure {
  if (error instanceof HedgerowError && error.code === "invalid_query")
    return { code: "bad_plan", detail: error.message };
  return { code: "crashed", detail: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
