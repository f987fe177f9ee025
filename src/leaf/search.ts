import type { ShardResult } from "../engine/shard-search.ts";
import { HedgerowError } from "../errors.ts";
import type { LeafProfile } from "../protocol/leaf-profile.ts";
import type { DocumentSlice, ShardReply, searchErrorCodes } from "../protocol/link.ts";
import type { Plan } from "../protocol/plan.ts";
import type { Clock } from "../time.ts";
import { type AnswerReserves, type AnswerSchedule, answerByMs, answerSchedule } from "./answer-time.ts";

/** One search over one shard, done in steps. */
export type RunningSearch = {
  /** Works until done (true) or until `shouldPause` says so (false). */
  step(shouldPause: () => boolean): boolean;
  /** Scans no further: what is left to step through is putting what was found in order. */
  stop(): void;
  /** Ends it with the result so far. A search that nobody wants any more is just dropped. */
  finish(): ShardResult;
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

/** A search that waits for its turn. */
export type Arrived = { search: SearchRequest; arrivedMs: number };

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

/** A search that ended in something thrown. */
export type SearchFault = { error: SearchFailure; cause: unknown; search: SearchRequest };

/** What every search needs beside its request. */
export type SearchParts = {
  resolve: PlanResolver;
  clock: Clock;
  meter: SearchMeter;
  settings: AnswerReserves;
  /** Hears of searches that were thrown out of; a fault of theirs or of this program's. */
  onFault?: (fault: SearchFault) => void;
};

/** Ends a search that brings nothing. */
export function failSearch(search: SearchRequest, error: SearchFailure, { meter }: Pick<SearchParts, "meter">): void {
  meter.failed(error.code);
  search.replyTo.failure(search.request, error);
}

/** Begins a search whose turn has come; undefined where that has ended it, and its failure has been sent. */
export function beginSearch(arrived: Arrived, nowMs: number, parts: SearchParts): BegunSearch | undefined {
  const { search, arrivedMs } = arrived;
  const { meter, settings } = parts;
  const queuedMs = nowMs - arrivedMs;
  const endMs = arrivedMs + Math.max(search.budgetMs - settings.replyReserveMs, search.budgetMs / 2);
  if (nowMs >= endMs) {
    const detail = `its ${search.budgetMs.toFixed(1)} ms were over after ${queuedMs.toFixed(1)}`;
    failSearch(search, { code: "expired", detail }, parts);
    return undefined;
  }
  try {
    const resolved = parts.resolve(search.plan, search.shard);
    if (resolved.kind === "refused") {
      failSearch(search, resolved.error, parts);
      return undefined;
    }
    meter.started(queuedMs);
    if (search.tied) search.replyTo.started(search.request);
    const running = resolved.shard.prepare(resolved.plan);
    const schedule = answerSchedule(resolved.plan, { nowMs, endMs }, settings);
    return new BegunSearch(arrived, { running, queuedMs, schedule, isProfiled: resolved.plan.profile === true }, parts);
  } catch (error) {
    faultSearch(search, error, parts);
    return undefined;
  }
}

function faultSearch(search: SearchRequest, cause: unknown, parts: SearchParts): void {
  const error = asFailure(cause);
  failSearch(search, error, parts);
  parts.onFault?.({ error, cause, search });
}

type Beginning = { running: RunningSearch; queuedMs: number; schedule: AnswerSchedule; isProfiled: boolean };

/** A search from when its turn came until it is answered. */
export class BegunSearch {
  readonly search: SearchRequest;
  readonly #arrivedMs: number;
  readonly #queuedMs: number;
  readonly #running: RunningSearch;
  readonly #schedule: AnswerSchedule;
  /** Measured only where the plan asks for it. */
  readonly #kernel: { tookMs: number; slices: number } | undefined;
  readonly #parts: SearchParts;
  #pauseAtMs = 0;
  readonly #shouldPause = (): boolean => this.#parts.clock.nowMs() >= this.#pauseAtMs;

  constructor(
    { search, arrivedMs }: Arrived,
    { running, queuedMs, schedule, isProfiled }: Beginning,
    parts: SearchParts,
  ) {
    this.search = search;
    this.#arrivedMs = arrivedMs;
    this.#queuedMs = queuedMs;
    this.#running = running;
    this.#schedule = schedule;
    this.#kernel = isProfiled ? { tookMs: 0, slices: 0 } : undefined;
    this.#parts = parts;
  }

  /** Whether nothing is left to do but to tell of its hits in detail. */
  get isAtDetails(): boolean {
    return this.#running.detailLetters !== undefined;
  }

  /** Whether it must be answered with what there is. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#answerByMs;
  }

  /** Works until it is done, or may go on no longer (true), or until the slice ends (false). */
  work(sliceEndMs: number): boolean {
    this.#pauseAtMs = Math.min(sliceEndMs, this.#schedule.stopMs, this.#answerByMs);
    return this.#step() || !this.#goesOn(this.#parts.clock.nowMs());
  }

  /** Ends it with what it has found. */
  answer(): void {
    const { search } = this;
    const { clock, meter } = this.#parts;
    const queuedMs = this.#queuedMs;
    try {
      const found = this.#running.finish();
      const odd = endlessScore(found.hits);
      if (odd !== undefined) {
        const detail = `its numbers are too large: the score of ${odd.id} is ${odd.score}`;
        failSearch(search, { code: "bad_plan", detail }, this.#parts);
        return;
      }
      const tookMs = clock.nowMs() - this.#arrivedMs - queuedMs;
      meter.replied(found.outcome, tookMs);
      const reply = replyOf(found, { queuedMs, tookMs });
      const profile = this.#profile();
      if (profile !== undefined) reply.profile = profile;
      search.replyTo.reply(search.request, reply, found.sources);
    } catch (error) {
      this.fault(error);
    }
  }

  /** Ends it with what was thrown. */
  fault(cause: unknown): void {
    faultSearch(this.search, cause, this.#parts);
  }

  get #answerByMs(): number {
    return answerByMs(this.#schedule, this.#running.detailLetters, this.#parts.settings);
  }

  #step(): boolean {
    const kernel = this.#kernel;
    if (kernel === undefined) return this.#running.step(this.#shouldPause);
    const { clock } = this.#parts;
    const beganMs = clock.nowMs();
    const done = this.#running.step(this.#shouldPause);
    kernel.tookMs += clock.nowMs() - beganMs;
    kernel.slices++;
    return done;
  }

  /** Whether it goes on, be it only to put in order what it found: then it is stopped. */
  #goesOn(nowMs: number): boolean {
    if (this.isDue(nowMs)) return false;
    const schedule = this.#schedule;
    if (nowMs < schedule.stopMs) return true;
    this.#running.stop();
    schedule.stopMs = schedule.endMs;
    return true;
  }

  #profile(): LeafProfile | undefined {
    if (this.#kernel === undefined) return undefined;
    const { tookMs: kernelMs, slices } = this.#kernel;
    const arrivedMs = this.#arrivedMs;
    const instants = { arrivedMs, startedMs: arrivedMs + this.#queuedMs, repliedMs: this.#parts.clock.nowMs() };
    return { ...instants, kernelMs, slices, postings: this.#running.postings };
  }
}

/** A hit whose score no reply can carry. Roots bound what goes into scores; this is what stands between others and a link. */
function endlessScore(hits: ShardResult["hits"]): ShardResult["hits"][number] | undefined {
  for (const hit of hits) if (!Number.isFinite(hit.score)) return hit;
  return undefined;
}

/** Written out: this is made for every search, and copying members by spreading them costs as much as a term's lookup. */
function replyOf(found: ShardResult, { queuedMs, tookMs }: { queuedMs: number; tookMs: number }): ShardReply {
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
