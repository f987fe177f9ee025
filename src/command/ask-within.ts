import type { Timers } from "../time.ts";
import { ServiceUnreachable } from "./client.ts";

/** Many times what a root takes for what it knows by itself, such as the state of the cluster. */
export const askLimitMs = 5_000;

/** Whom a command asks, and where it says that it still waits. */
export type Asked = { url: string; timers: Timers; stderr(text: string): void };

/**
 * What `ask` comes to. After `limitMs` it is given up: its signal is raised, and this rejects with a
 * `ServiceUnreachable`. Where that is long, it says after `askLimitMs` that it waits, and until when.
 */
export async function askWithin<T>(
  limitMs: number,
  { url, timers, stderr }: Asked,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const limit = timers.after(limitMs, () => controller.abort(tooLate(url, limitMs)));
  const note =
    limitMs <= askLimitMs
      ? undefined
      : timers.after(askLimitMs, () =>
          stderr(`hedgerow: no answer from ${url} yet; waiting ${seconds(limitMs)} at most\n`),
        );
  try {
    return await ask(controller.signal);
  } finally {
    limit.cancel();
    note?.cancel();
  }
}

/** A process that is stopped still takes connections: its system does. */
function tooLate(url: string, limitMs: number): ServiceUnreachable {
  const likely = "what listens there takes connections and does not answer, or nothing comes through to it";
  return new ServiceUnreachable(`no answer from ${url} within ${seconds(limitMs)}: ${likely}`);
}

function seconds(durationMs: number): string {
  return `${durationMs / 1000} s`;
}
