import { HedgerowError } from "../errors.ts";
import type { LeafProfile } from "../protocol/leaf-profile.ts";
import type { AttemptError, DocumentSlice, ShardReply } from "../protocol/link.ts";
import { deepTop, type Plan } from "../protocol/plan.ts";
import type { Clock } from "../time.ts";

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
};

/** A shard that can be searched. */
export type SearchedShard = { prepare(plan: Plan): RunningSearch };

/** Why a leaf brings no reply: an attempt's errors but those that only a root sees. */
export type SearchFailure = { code: Exclude<AttemptError["code"], "bad_reply" | "disconnected">; detail: string };

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

export type SearchQueueSettings = {
  /** Searches that may wait beside the one that runs; one more is refused with `overloaded`. */
  waitingMax: number;
  /** How long the thread searches before it looks at its sockets again. */
  sliceMs: number;
  /** What is kept of a budget for answering, and for each hit that may have to be put in order or written; see `closing`. */
  replyReserveMs: number;
  hitReserveMs: number;
};

export const searchQueueDefaults: SearchQueueSettings = {
  waitingMax: 128,
  sliceMs: 1,
  replyReserveMs: 0.5,
  hitReserveMs: 0.001,
};

/** The one queue of this process's thread: searches run one after the other, in the order they came. */
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
  /** When to scan no further, and when to answer with what there is. */
  stopMs: number;
  endMs: number;
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
  const waiting: Arrived[] = [];
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
      const { closingMs, writingMs } = closing(resolved.plan, settings, endMs - nowMs);
      const kernel = resolved.plan.profile === true ? { tookMs: 0, slices: 0 } : undefined;
      const answerMs = endMs - writingMs;
      active = { search, arrivedMs, running, queuedMs, stopMs: answerMs - closingMs, endMs: answerMs, kernel };
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

  /** Runs the active search until it ends or the slice does. */
  const advance = (current: Active, sliceEndMs: number): void => {
    const { search, arrivedMs, queuedMs, running } = current;
    try {
      pauseAtMs = Math.min(sliceEndMs, current.stopMs);
      const done = stepped(current);
      if (!done && goesOn(current, clock.nowMs())) return;
      active = undefined;
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
      active = undefined;
      fault(search, error);
    }
  };

  const turn = (): void => {
    scheduled = false;
    let nowMs = clock.nowMs();
    const sliceEndMs = nowMs + settings.sliceMs;
    do {
      if (active === undefined) {
        const next = waiting.shift();
        if (next === undefined) return;
        begin(next, nowMs);
      }
      if (active !== undefined) advance(active, sliceEndMs);
      nowMs = clock.nowMs();
    } while (nowMs < sliceEndMs);
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
    waiting.splice(place, 1);
    meter.cancelled("queued");
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

/** Whether a search goes on, be it only to put in order what it found: then it is stopped. */
function goesOn(current: Active, nowMs: number): boolean {
  if (nowMs >= current.endMs) return false;
  if (nowMs < current.stopMs) return true;
  current.running.stop();
  current.stopMs = current.endMs;
  return true;
}

/** What a document costs that is cut down to some fields, in hits. */
const projectedHits = 20;

/**
 * What is kept of the time that is left for the hits that there may be: to put them in order and cut their documents
 * down, which can be paused, and to write them. Each thing that they are sorted by costs as much as the score.
 */
function closing(
  { top, sort = [], returned = [] }: Plan,
  { hitReserveMs }: SearchQueueSettings,
  leftMs: number,
): { closingMs: number; writingMs: number } {
  const hitMs = hitReserveMs * (1 + sort.length);
  const collectingMs = 2 * hitMs + (returned.length > 0 ? projectedHits * hitReserveMs : 0);
  return {
    closingMs: top < deepTop ? 0 : Math.min(top * collectingMs, leftMs / 2),
    writingMs: Math.min(top * hitMs, leftMs / 4),
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

/** A plan that the engine refuses is the asker's fault; anything else that it throws is its own. */
function asFailure(error: unknown): SearchFailure {
  if (error instanceof HedgerowError && error.code === "invalid_query")
    return { code: "bad_plan", detail: error.message };
  return { code: "crashed", detail: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
