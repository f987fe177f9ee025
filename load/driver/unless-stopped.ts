import { systemTimers } from "../../src/time.ts";

/**
 * What `work` comes to, unless `signal` is raised before: it then rejects at once with the signal's reason, and nobody
 * waits for the work any more.
 */
export async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Resolves after `delayMs`. Rejects at once with the signal's reason where that is raised before, and leaves no timer. */
export async function sleepUnlessStopped(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = systemTimers.after(delayMs, resolve);
  try {
    await unlessStopped(over, signal);
  } finally {
    timer.cancel();
  }
}
