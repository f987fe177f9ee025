import type { OffsetInterval } from "../policy/clock-offset.ts";
import type { SearchFrame } from "../protocol/frame-writer.ts";
import type { LeafIdentity } from "../protocol/handshake.ts";
import type { CallError, LinkCallName, LinkCalls } from "../protocol/link.ts";
import type { Certificates } from "../security/certificates.ts";
import type { Clock, Random, Timer, Timers } from "../time.ts";
import { callResultChecks } from "./call-results.ts";
import { type ConnectOutcome, connectLink } from "./link-connection.ts";
import { LinkSession } from "./link-session.ts";
import { createOutstanding, type SearchHandler } from "./outstanding.ts";

export type { SearchFrame } from "../protocol/frame-writer.ts";
export type { SearchHandler } from "./outstanding.ts";

/** What is known of the leaf at the other end. */
export type LeafLinkState = {
  url: string;
  connected: boolean;
  /**
   * The shortest round trip of the last pings; undefined before the first. What a ping waits for a busy end is not the
   * way's, and must not eat into budgets.
   */
  rttMs: number | undefined;
  /** Searches that have no answer yet. */
  inflight: number;
  /** The leaf finishes what it has and wants no more. */
  leaving: boolean;
  /** Who answered last; stays known while the link is down. */
  leaf: LeafIdentity | undefined;
  /** Why the link is down, while it is. */
  trouble: string | undefined;
  /** How the link went down last, and when: searches that were under way, and whether the leaf hung up without a farewell. */
  lost: { searches: number; abruptly: boolean; atMs: number } | undefined;
};

/** A call that brought no result. */
export class LinkCallError extends Error {
  override readonly name = "LinkCallError";
  readonly code: CallError["code"];

  constructor({ code, detail }: CallError) {
    super(detail);
    this.code = code;
  }
}

/** The one connection to one leaf. It connects by itself and stays connected; no caller ever waits for that. */
export type LeafLink = {
  /**
   * Sends a search. Returns its number, under which the handler hears of it, or undefined when nothing was sent since
   * the link is down or its leaf has stopped reading: the handler then hears nothing.
   */
  search(search: SearchFrame, handler: SearchHandler): number | undefined;
  /** Forgets a search and stops the leaf's work on it. For one that has ended it does nothing. */
  cancel(request: number): void;
  /** Asks something of the leaf. Rejects with a LinkCallError. */
  call<Name extends LinkCallName>(
    name: Name,
    params: LinkCalls[Name]["params"],
    options: { timeoutMs: number; body?: Uint8Array },
  ): Promise<LinkCalls[Name]["result"]>;
  /** Searches that have no answer yet. */
  readonly inflight: number;
  readonly connected: boolean;
  readonly rttMs: number | undefined;
  /** How far the leaf's clock is ahead of this root's; undefined before the first ping is answered. */
  clockOffset(): OffsetInterval | undefined;
  /** Names the write that what is sent now leaves in, together with whatever else is sent in this turn. */
  readonly batch: number;
  state(): LeafLinkState;
  /** Hangs up for good; everything outstanding fails with `disconnected`. */
  close(): void;
};

export type LeafLinkSettings = {
  connectTimeoutMs: number;
  handshakeTimeoutMs: number;
  /** The wait before the first new try; doubled with every further one, half of it drawn by lot. */
  backoffMinMs: number;
  backoffMaxMs: number;
  pingEveryMs: number;
  /** A leaf that says nothing for this long although it was pinged is taken for dead. */
  silenceMaxMs: number;
  /** Bytes that may wait for a leaf that does not read, before searches go elsewhere. */
  unsentSizeBytesMax: number;
};

const leafLinkDefaults: LeafLinkSettings = {
  connectTimeoutMs: 250,
  handshakeTimeoutMs: 1000,
  backoffMinMs: 50,
  backoffMaxMs: 1000,
  pingEveryMs: 1000,
  silenceMaxMs: 2500,
  unsentSizeBytesMax: 16 * 1024 * 1024,
};

export type LeafLinkOptions = {
  url: string;
  /** What the leaf there calls itself; another one is none to link with. Undefined: whatever it is called. */
  name?: string | undefined;
  clock: Clock;
  timers: Timers;
  random: Random;
  /** Hears of every change of `connected`, `leaving`, `leaf` or `trouble`. */
  onState?: (state: LeafLinkState) => void;
  /** Hears why a reply makes no sense. Only its search fails: the link and all else on it stay. */
  onBadReply?: (detail: string) => void;
  settings?: Partial<LeafLinkSettings>;
  /** Those of roots and leaves, where links are encrypted. */
  certificates?: Certificates;
};

/** Pings that the round trip is the shortest of. */
const rttPings = 8;

/** Begins to connect to a leaf at once, in the background, and goes on until `close`. */
export function createLeafLink(options: LeafLinkOptions): LeafLink {
  const { url, clock, timers, random, onState, certificates } = options;
  const settings = { ...leafLinkDefaults, ...options.settings };
  const outstanding = createOutstanding(options.onBadReply);
  let session: LinkSession | undefined;
  let leaf: LeafIdentity | undefined;
  let leaving = false;
  let trouble: string | undefined = "not connected yet";
  let lost: LeafLinkState["lost"];
  const roundTripsMs: number[] = [];
  let rttMs: number | undefined;
  let failures = 0;
  let closed = false;
  let timer: Timer | undefined;
  let giveUp: (() => void) | undefined;
  let writesBefore = 0;

  const state = (): LeafLinkState => {
    return {
      url,
      connected: session !== undefined,
      rttMs,
      inflight: outstanding.searches,
      leaving,
      leaf,
      trouble,
      lost,
    };
  };

  const connect = (): void => {
    const { connectTimeoutMs, handshakeTimeoutMs } = settings;
    const request = { url, timers, connectTimeoutMs, handshakeTimeoutMs };
    giveUp = connectLink({ ...request, ...(certificates === undefined ? {} : { certificates }) }, (outcome) => {
      giveUp = undefined;
      if (outcome.kind !== "connected") retry(outcome.detail, outcome.kind === "refused");
      else if (options.name === undefined || options.name === outcome.identity.name) begin(outcome);
      else {
        outcome.socket.destroy();
        retry(`the leaf there calls itself "${outcome.identity.name}"`, true);
      }
    });
  };

  const retry = (detail: string, slowly: boolean): void => {
    const longestMs = slowly ? settings.backoffMaxMs : settings.backoffMinMs * 2 ** Math.min(failures, 20);
    failures++;
    timer = timers.after(Math.min(longestMs, settings.backoffMaxMs) * (0.5 + random.next() / 2), connect);
    if (detail !== trouble) {
      trouble = detail;
      onState?.(state());
    }
  };

  const begin = ({ socket, identity }: Extract<ConnectOutcome, { kind: "connected" }>): void => {
    const { pingEveryMs, silenceMaxMs } = settings;
    lost = undefined;
    leaf = identity;
    leaving = false;
    trouble = undefined;
    failures = 0;
    session = new LinkSession(socket, {
      ...{ clock, timers, pingEveryMs, silenceMaxMs },
      onFrame: outstanding.take,
      onRoundTrip(tookMs) {
        if (roundTripsMs.push(tookMs) > rttPings) roundTripsMs.shift();
        rttMs = Math.min(...roundTripsMs);
      },
      onLeaving() {
        leaving = true;
        onState?.(state());
      },
      onEnd({ detail, hungUp }) {
        if (hungUp) lost = { searches: outstanding.searches, abruptly: !leaving, atMs: clock.nowMs() };
        lose(detail);
      },
    });
    onState?.(state());
  };

  const lose = (detail: string): void => {
    writesBefore += (session?.writer.writes ?? 0) + 1;
    session = undefined;
    leaving = false;
    outstanding.failAll(detail);
    if (!closed) retry(detail, false);
  };

  connect();

  return {
    search(search, handler) {
      if (session === undefined || session.unsentSizeBytes > settings.unsentSizeBytesMax) return undefined;
      const request = outstanding.addSearch(handler);
      session.writer.search(request, search);
      return request;
    },
    cancel(request) {
      if (outstanding.forget(request)) session?.writer.signal("cancel", request);
    },
    call(name, params, { timeoutMs, body }) {
      const isResult = callResultChecks[name];
      return new Promise((resolve, reject) => {
        if (session === undefined) {
          reject(new LinkCallError({ code: "disconnected", detail: trouble ?? "not connected" }));
          return;
        }
        const request = outstanding.addCall({
          onAnswer(result) {
            limit.cancel();
            if (isResult(result)) resolve(result);
            else reject(new LinkCallError({ code: "crashed", detail: `the leaf's answer to ${name} makes no sense` }));
          },
          onFailure(error) {
            limit.cancel();
            reject(new LinkCallError(error));
          },
        });
        const limit = timers.after(timeoutMs, () => {
          outstanding.forget(request);
          reject(new LinkCallError({ code: "timed_out", detail: `${name} took more than ${timeoutMs} ms` }));
        });
        session.writer.message("call", request, { head: { name, params }, body: body === undefined ? [] : [body] });
      });
    },
    get inflight() {
      return outstanding.searches;
    },
    get connected() {
      return session !== undefined;
    },
    get rttMs() {
      return rttMs;
    },
    clockOffset: () => session?.offset.interval(clock.nowMs()),
    get batch() {
      return writesBefore + (session?.writer.writes ?? 0);
    },
    state,
    close() {
      if (closed) return;
      closed = true;
      timer?.cancel();
      giveUp?.();
      if (session === undefined) return;
      session.close();
      lose("the link was closed");
    },
  };
}
