import type { Timers } from "../time.ts";

/** A signal that is raised after a time, or with the caller's own. */
export type TimeLimit = { signal: AbortSignal; isOver(): boolean; clear(): void };

/** Raises its signal after `limitMs`, or with `outer`, whose reason it then has. `clear` it when the work is done. */
export function timeLimit(limitMs: number, { timers, outer }: { timers: Timers; outer?: AbortSignal }): TimeLimit {
  const controller = new AbortController();
  const stop = (): void => controller.abort(outer?.reason);
  const timer = timers.after(limitMs, () => controller.abort());
  if (outer?.aborted === true) stop();
  else outer?.addEventListener("abort", stop, { once: true });
  return {
    signal: controller.signal,
    isOver: () => controller.signal.aborted && outer?.aborted !== true,
    clear() {
      timer.cancel();
      outer?.removeEventListener("abort", stop);
    },
  };
}
