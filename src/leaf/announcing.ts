import { messageOf } from "../errors.ts";
import { parseJson } from "../protocol/json-text.ts";
import { isRecord } from "../protocol/record.ts";
import type { Log } from "../telemetry/log.ts";
import { type Clock, sleep, type Timer, type Timers } from "../time.ts";

export type AnnouncingOptions = {
  /** The roots to speak to; which of them hears it does not matter where they share a log. */
  roots: readonly string[];
  /** The leaf; `life` differs after every start. */
  leaf: { name: string; zone?: string; url: string; life: string };
  /** A key's token, for roots that ask for keys; asked for each time. */
  token?: () => Promise<string>;
  /** How many replicas it holds now. */
  held: () => number;
  clock: Clock;
  timers: Timers;
  log: Pick<Log, "warn" | "info">;
};

/** A leaf's word to the roots that it is there, repeated as long as it lives. */
export type Announcing = {
  /** Says that the leaf is about to end; resolves when others have taken over what it held, after `drainMs` at most. */
  leave(drainMs: number): Promise<void>;
  /** Says that it is gone. Best effort: roots come to see it by themselves. */
  end(): Promise<void>;
  /** Falls silent: the leaf will be back in a moment. */
  stop(): void;
};

/** What a root makes of an announcement; see `RootService.welcome`. */
type Welcome = { beatMs: number; departing: number; staying: number };
type Answer = { kind: "taken"; welcome: Welcome } | { kind: "refused"; detail: string };

const answerTimeoutMs = 3_000;
const retryMs = 1_000;
const drainPollMs = 100;

/** Begins to announce a leaf. What goes wrong is logged, once each time it changes, and tried again. */
export function announce(options: AnnouncingOptions): Announcing {
  const { roots, leaf, held, clock, timers, log } = options;
  let turn = 0;
  let trouble: string | undefined;
  let timer: Timer | undefined;
  let silent = false;
  /** Whether a root takes this leaf for the one of its name. */
  let taken = false;

  const note = (root: string, detail: string | undefined): void => {
    if (detail === trouble) return;
    if (detail === undefined) log.info({ root }, "announced again");
    else log.warn({ root, detail }, "this leaf could not announce itself; it goes on trying");
    trouble = detail;
  };

  /** Speaks to the roots in turn until one has listened. */
  const say = async (leaving: boolean): Promise<Welcome | undefined> => {
    for (const _ of roots) {
      const root = roots[turn % roots.length] ?? "";
      const answer = await post(`${root}/v1/members`, { ...leaf, leaving }, options);
      note(root, answer.kind === "taken" ? undefined : answer.detail);
      taken = answer.kind === "taken";
      if (answer.kind === "taken") return answer.welcome;
      turn++;
    }
    return undefined;
  };

  const beat = async (): Promise<void> => {
    const welcome = await say(false);
    if (silent) return;
    timer = timers.after(welcome?.beatMs ?? retryMs, () => {
      speaking = beat();
    });
  };
  let speaking = beat();

  const stop = (): void => {
    silent = true;
    timer?.cancel();
  };
  return {
    stop,
    async leave(drainMs) {
      stop();
      const untilMs = clock.nowMs() + drainMs;
      // A word that it stays must not arrive after the word that it goes.
      await speaking;
      while (clock.nowMs() < untilMs) {
        const welcome = await say(true);
        if (welcome === undefined && held() === 0) return;
        if (welcome !== undefined && welcome.departing === 0 && held() <= welcome.staying) return;
        await sleep(drainPollMs, timers);
      }
    },
    async end() {
      // Whoever goes by the name of another must not take that one off.
      if (!taken) return;
      // A successor of its name may have been taken since, at this address too: only this one is to go.
      const [name, url, life] = [leaf.name, leaf.url, leaf.life].map(encodeURIComponent);
      const path = `/v1/members/${name}?url=${url}&life=${life}`;
      for (const root of roots) {
        const gone = await ask(root + path, { method: "DELETE" }, options);
        if (gone.kind === "answered" && (gone.status === 204 || gone.status === 404)) return;
      }
    },
  };
}

type Asking = Pick<AnnouncingOptions, "timers" | "token">;

async function post(url: string, body: object, asking: Asking): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const answer = await ask(url, { method: "POST", headers, body: JSON.stringify(body) }, asking);
  if (answer.kind === "silent") return { kind: "refused", detail: answer.detail };
  const said = parseJson(answer.text);
  if (answer.ok && isWelcome(said)) return { kind: "taken", welcome: said };
  const detail = isRecord(said) && typeof said.detail === "string" ? said.detail : "no root answers there";
  return { kind: "refused", detail: `${answer.status}: ${detail}` };
}

type AskedRequest = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };

type Heard = { kind: "answered"; ok: boolean; status: number; text: string } | { kind: "silent"; detail: string };

/** The whole answer, or why there is none in time: a root may stall behind its headers, too. */
async function ask(url: string, request: AskedRequest, { timers, token }: Asking): Promise<Heard> {
  const giveUp = new AbortController();
  const timer = timers.after(answerTimeoutMs, () => giveUp.abort());
  try {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${await token()}` };
    const headers = { ...request.headers, ...authorization };
    const response = await fetch(url, { ...request, headers, signal: giveUp.signal });
    const { ok, status } = response;
    return { kind: "answered", ok, status, text: await response.text() };
  } catch (error) {
    if (giveUp.signal.aborted) return { kind: "silent", detail: `no answer within ${answerTimeoutMs} ms` };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { kind: "silent", detail: messageOf(cause) };
  } finally {
    timer.cancel();
  }
}

function isWelcome(value: unknown): value is Welcome {
  return isRecord(value) && [value.beatMs, value.departing, value.staying].every((one) => typeof one === "number");
}
