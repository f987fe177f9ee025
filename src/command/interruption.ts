/** What asks a process to end; SIGHUP when its terminal is closed, also under nohup, which the runtime undoes. */
export const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Has something done before this process ends by one of them, as it then does; until `release`. */
export function beforeInterruption(act: () => void): { release(): void } {
  const onSignal = (signal: NodeJS.Signals): void => {
    release();
    try {
      act();
    } finally {
      process.kill(process.pid, signal);
    }
  };
  const release = (): void => void stopSignals.map((signal) => process.off(signal, onSignal));
  for (const signal of stopSignals) process.on(signal, onSignal);
  return { release };
}
