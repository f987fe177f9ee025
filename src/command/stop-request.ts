import type { Timers } from "../time.ts";
import { stopSignals } from "./interruption.ts";
import { commandLineOf, isRunForNpm } from "./npm-parent.ts";
import { askedToEnd, isSupervision, tellParent } from "./supervision.ts";

export type StopRequest = {
  /** Resolves when this process is to drain and end. */
  stopped: Promise<void>;
  /** Lets go of what would keep the process running. */
  release(): void;
};

/** A terminal and npm each pass on the same Ctrl-C: what comes so soon after the first is no second one. */
const sameRequestMs = 1_000;
const parentEveryMs = 250;

/**
 * Listens for what tells a service to end: a signal, the end of the channel to the process that started it,
 * or of the npm that runs it. A signal a while after the first ends it at once. What `hedgerow up` supervises leaves
 * signals to it, since those of a terminal or of systemd go to all of them and the root must drain before its leaves.
 */
export function listenForStop(timers: Timers): StopRequest {
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  let isSupervised = false;
  let forgetting = { cancel: (): void => undefined };

  const onSignal = (signal: NodeJS.Signals): void => {
    if (isSupervised) {
      if (signal === "SIGTERM") tellParent(askedToEnd);
      return;
    }
    forgetting.cancel();
    forgetting = timers.after(sameRequestMs, () => void stopSignals.map((name) => process.off(name, onSignal)));
    resolve();
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  // The channel may have closed before anybody listened; the function is there all the same.
  if (typeof process.send === "function") {
    const onClosed = (): void => {
      isSupervised = false;
      resolve();
    };
    process.once("disconnect", onClosed);
    process.on("message", (message) => {
      isSupervised ||= isSupervision(message);
    });
    if (!process.connected) onClosed();
  }
  const watch = watchNpm(timers, resolve);
  return {
    stopped,
    release() {
      forgetting.cancel();
      watch.cancel();
    },
  };
}

/** npm signals only the shell that it runs a script in, and that shell tells nobody when it dies of it. */
function watchNpm(timers: Timers, onGone: () => void): { cancel(): void } {
  const { ppid, env } = process;
  let timer = { cancel: (): void => undefined };
  const look = (): void => {
    if (process.ppid === ppid) timer = timers.after(parentEveryMs, look);
    else onGone();
  };
  if (isRunForNpm(env, () => commandLineOf(ppid))) look();
  return { cancel: () => timer.cancel() };
}
