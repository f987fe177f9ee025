import { rmSync } from "node:fs";

const signals = ["SIGINT", "SIGTERM"] as const;

/** Has a file that is still being written go with this process, should it be interrupted; until `release`. */
export function goesWithProcess(path: string): { release(): void } {
  const onSignal = (signal: NodeJS.Signals): void => {
    rmSync(path, { force: true });
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => void signals.map((signal) => process.off(signal, onSignal));
  for (const signal of signals) process.on(signal, onSignal);
  return { release };
}
