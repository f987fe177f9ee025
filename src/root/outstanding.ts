import { readHeadAndBody, readJson } from "../protocol/frame-payload.ts";
import { FrameError, type FrameKind, frameKind } from "../protocol/frames.ts";
import {
  type AttemptError,
  type AttemptErrorCode,
  type CallError,
  leafErrorCodes,
  type ShardReply,
} from "../protocol/link.ts";
import { isRecord } from "../protocol/record.ts";
import { readReply } from "../protocol/reply-payload.ts";
import { numberMax, UnderWay } from "../protocol/under-way.ts";

/**
 * Who waits for searches. One object may serve many requests, each told apart by its number; for each, exactly one of
 * `onReply` and `onError` comes, unless it was cancelled: then nothing does. `documents` are the hits' raw JSON, one
 * after the other, cut by the reply's `documentSizesBytes`.
 */
export type SearchHandler = {
  onStarted(request: number): void;
  onReply(request: number, reply: ShardReply, documents: Buffer): void;
  onError(request: number, error: AttemptError): void;
};

/** Who waits for a call; one of the two is called, once. */
export type CallHandler = { onAnswer(result: unknown): void; onFailure(error: CallError): void };

/** All requests of one link that have no answer yet. */
export type Outstanding = {
  addSearch(handler: SearchHandler): number;
  addCall(handler: CallHandler): number;
  /** Forgets a request: whatever still comes for it is dropped. False: it was not (any more) outstanding. */
  forget(request: number): boolean;
  /**
   * Hands a leaf's frame to who waits for it. A reply that makes no sense ends its search alone, with `bad_reply`: the
   * frames around it are whole. Throws a FrameError on anything else that makes none; whoever waited for it still does,
   * and hears of the broken link.
   */
  take(kind: FrameKind, request: number, payload: Buffer): void;
  /** Tells everyone that no answer will come. */
  failAll(detail: string): void;
  readonly searches: number;
  readonly size: number;
};

/** Calls have numbers of their own, above all searches'. */
const callMax = 0x3fff_ffff;

/**
 * An empty table. Numbers are not used again while anything could still answer to them. `onBadReply` hears why a reply
 * makes no sense.
 */
export function createOutstanding(onBadReply: (detail: string) => void = () => undefined): Outstanding {
  const searches = new UnderWay<SearchHandler>();
  const calls = new Map<number, CallHandler>();
  let lastCall = numberMax;

  return {
    addSearch: (handler) => searches.add(handler),
    addCall(handler) {
      do lastCall = lastCall === callMax ? numberMax + 1 : lastCall + 1;
      while (calls.has(lastCall));
      calls.set(lastCall, handler);
      return lastCall;
    },
    forget: (request) => searches.remove(request) || calls.delete(request),
    take(kind, request, payload) {
      switch (kind) {
        case frameKind.started:
          searches.get(request)?.onStarted(request);
          return;
        case frameKind.reply: {
          const handler = searches.get(request);
          if (handler === undefined) return;
          const read = tryReading(payload);
          searches.remove(request);
          if (read.kind === "reply") {
            handler.onReply(request, read.reply, read.documents);
            return;
          }
          onBadReply(read.detail);
          handler.onError(request, { code: "bad_reply", detail: read.detail });
          return;
        }
        case frameKind.failure: {
          const handler = searches.get(request);
          if (handler === undefined) return;
          const error = attemptError(readJson(payload));
          searches.remove(request);
          handler.onError(request, error);
          return;
        }
        case frameKind.answer: {
          const handler = calls.get(request);
          if (handler === undefined) return;
          const { head } = readHeadAndBody(payload);
          calls.delete(request);
          handler.onAnswer(head);
          return;
        }
        case frameKind.callFailure: {
          const handler = calls.get(request);
          if (handler === undefined) return;
          const error = callError(readJson(payload));
          calls.delete(request);
          handler.onFailure(error);
          return;
        }
        default:
          throw new FrameError(`a leaf sends no frames of kind ${kind}`);
      }
    },
    failAll(detail) {
      const waitingSearches = searches.drain();
      const waitingCalls = [...calls.values()];
      calls.clear();
      for (const [request, handler] of waitingSearches) handler.onError(request, { code: "disconnected", detail });
      for (const handler of waitingCalls) handler.onFailure({ code: "disconnected", detail });
    },
    get searches() {
      return searches.size;
    },
    get size() {
      return searches.size + calls.size;
    },
  };
}

type Reading = ({ kind: "reply" } & ReturnType<typeof readReply>) | { kind: "misfit"; detail: string };

function tryReading(payload: Buffer): Reading {
  try {
    return { kind: "reply", ...readReply(payload) };
  } catch (error) {
    if (error instanceof FrameError) return { kind: "misfit", detail: error.message };
    throw error;
  }
}

const leafCodes: ReadonlySet<string> = new Set(leafErrorCodes);

function attemptError(value: unknown): AttemptError {
  const { code, detail } = codeAndDetail(value);
  return isLeafCode(code) ? { code, detail } : { code: "crashed", detail: `${code}: ${detail}` };
}

function isLeafCode(code: string): code is AttemptErrorCode {
  return leafCodes.has(code);
}

function callError(value: unknown): CallError {
  const { code, detail } = codeAndDetail(value);
  const isKnown = code === "unknown_shard" || code === "bad_call" || code === "full";
  return isKnown ? { code, detail } : { code: "crashed", detail };
}

function codeAndDetail(value: unknown): { code: string; detail: string } {
  if (!isRecord(value)) throw new FrameError("a failure has no code");
  return { code: String(value.code), detail: String(value.detail) };
}
