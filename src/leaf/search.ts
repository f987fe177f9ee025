import { HedgerowError } from "../errors.ts";
import type { AttemptError, ShardReply } from "../protocol/link.ts";
import type { Plan } from "../protocol/plan.ts";
import type { Clock } from "../time.ts";

/** What a search found; `sources` are the hits' documents as raw JSON, in the hits' order. */
export type SearchResult = Omit<ShardReply, "documentSizesBytes" | "queuedMs" | "tookMs" | "profile"> & {
  sources: readonly Uint8Array[];
};

/** One search over one shard, done in steps. */
export type RunningSearch = {
  /** Works until done (true) or until `shouldPause` says so (false). */
  step(shouldPause: () => boolean): boolean;
  /** The result so far. A search that nobody wants any more is just dropped. */
  finish(): SearchResult;
  /** Postings read so far, or work worth as many. */
  readonly postings: number;
};

/** A shard that can be searched. */
export type SearchedShard = { prepare(plan: Plan): RunningSearch };

/** Why a leaf brings no reply: an attempt's errors but those that only a root sees. */
export type SearchFailure = { code: Exclude<AttemptError["code"], "disconnected">; detail: string };

/** Where answers go. All answers to one request carry its number; exactly one `reply` or `failure` ends it. */
export type ReplyTo = {
  started(request: number): void;
  reply(request: number, reply: ShardReply, sources: readonly Uint8Array[]): void;
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

/** A search that waits or runs, in its submitter's hands for cancelling. */
export type Ticket = { readonly search: SearchRequest; readonly arrivedMs: number };

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
  /** What is kept of a budget for answering, and for each hit that may have to be written. */
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
  /** Takes a search in. Undefined: it was refused, and its failure has been sent. */
  submit(search: SearchRequest): Ticket | undefined;
  /** Stops a search, whether it waits or runs; nothing more is said about it. Once it has ended this does nothing. */
  cancel(ticket: Ticket): void;
  /** Searches that wait, and the one that runs. */
  readonly length: number;
};

type Active = {
  ticket: Ticket;
  running: RunningSearch;
  queuedMs: number;
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
  const waiting = new Set<Ticket>();
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

  /** Makes a ticket the active search, or answers why not. */
  const begin = (ticket: Ticket, nowMs: number): void => {
    const { search } = ticket;
    const queuedMs = nowMs - ticket.arrivedMs;
    const endMs = ticket.arrivedMs + Math.max(search.budgetMs - settings.replyReserveMs, search.budgetMs / 2);
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
      const hitsMs = Math.min(resolved.plan.top * settings.hitReserveMs, (endMs - nowMs) / 2);
      const kernel = resolved.plan.profile === true ? { tookMs: 0, slices: 0 } : undefined;
      active = { ticket, running, queuedMs, endMs: endMs - hitsMs, kernel };
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

  const profileOf = ({ ticket, running, queuedMs, kernel }: Active): Pick<ShardReply, "profile"> => {
    if (kernel === undefined) return {};
    const { arrivedMs } = ticket;
    const { tookMs: kernelMs, slices } = kernel;
    const instants = { arrivedMs, startedMs: arrivedMs + queuedMs, repliedMs: clock.nowMs() };
    return { profile: { ...instants, kernelMs, slices, postings: running.postings } };
  };

  /** Runs the active search until it ends or the slice does. */
  const advance = (current: Active, sliceEndMs: number): void => {
    const { search } = current.ticket;
    try {
      pauseAtMs = Math.min(sliceEndMs, current.endMs);
      const done = stepped(current);
      if (!done && clock.nowMs() < current.endMs) return;
      active = undefined;
      const { sources, ...found } = current.running.finish();
      const tookMs = clock.nowMs() - current.ticket.arrivedMs - current.queuedMs;
      const documentSizesBytes = sources.map((source) => source.length);
      meter.replied(found.outcome, tookMs);
      search.replyTo.reply(
        search.request,
        { ...found, documentSizesBytes, queuedMs: current.queuedMs, tookMs, ...profileOf(current) },
        sources,
      );
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
        const [next] = waiting;
        if (next === undefined) return;
        waiting.delete(next);
        begin(next, nowMs);
      }
      if (active !== undefined) advance(active, sliceEndMs);
      nowMs = clock.nowMs();
    } while (nowMs < sliceEndMs);
    if (active !== undefined || waiting.size > 0) wake();
  };

  return {
    submit(search) {
      if (waiting.size >= settings.waitingMax) {
        fail(search, { code: "overloaded", detail: `${waiting.size} searches are waiting` });
        return undefined;
      }
      const ticket = { search, arrivedMs: clock.nowMs() };
      waiting.add(ticket);
      wake();
      return ticket;
    },
    cancel(ticket) {
      if (waiting.delete(ticket)) {
        meter.cancelled("queued");
      } else if (active?.ticket === ticket) {
        active = undefined;
        meter.cancelled("running");
      }
    },
    get length() {
      return waiting.size + (active === undefined ? 0 : 1);
    },
  };
}

/** A plan that the engine refuses is the asker's fault; anything else that it throws is its own. */
function asFailure(error: unknown): SearchFailure {
  if (error instanceof HedgerowError && error.code === "invalid_query")
    return { code: "bad_plan", detail: error.message };
  return { code: "crashed", detail: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
