import autocannon from "autocannon";
import type { Clock } from "../../src/time.ts";
import { readSearchAnswer } from "./answer.ts";
import { headersFor, type OnOutcome, type SearchTarget, usualLookCloselyEvery } from "./search-target.ts";

export type ClosedLoopPlan = { connections: number; durationMs: number; clock: Clock };

const noAnswer = 0;

/**
 * Keeps a number of connections busy, each sending its next query when it has its last answer: what the service can do
 * at most, and how long it then takes. It says nothing of what callers would see who do not wait for each other.
 */
export async function driveClosedLoop(
  target: SearchTarget,
  { connections, durationMs, clock }: ClosedLoopPlan,
  onOutcome: OnOutcome,
): Promise<void> {
  const startMs = clock.nowMs();
  let received = 0;
  /** A client hands out the body right before it says how long its answer took. */
  let body = "";
  const end = (status: number, latencyMs: number): void => {
    const answer = readSearchAnswer(status, body, ++received % usualLookCloselyEvery === 0);
    body = "";
    onOutcome({ ...answer, atMs: clock.nowMs() - startMs - latencyMs, latencyMs });
  };
  const options: autocannon.Options = {
    url: target.url,
    connections,
    duration: durationMs / 1_000,
    setupClient(client) {
      client.on("response", (status, _sizeBytes, latencyMs) => end(status, latencyMs));
    },
    requests: [
      {
        method: "POST",
        path: target.path,
        setupRequest(request) {
          const next = target.next();
          return { ...request, headers: headersFor(next.batch), body: next.body };
        },
        onResponse(_status, text) {
          body = text;
        },
      },
    ],
  };
  await new Promise<void>((resolve, reject) => {
    const instance = autocannon(options, (error) =>
      error === null || error === undefined ? resolve() : reject(error),
    );
    // A broken connection or no answer for ten seconds; which query it was is not told.
    instance.on("reqError", () => end(noAnswer, 0));
  });
}
