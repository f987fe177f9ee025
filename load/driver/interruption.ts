import { stopSignals } from "../../src/command/interruption.ts";

/** Rejects when this process is asked to end, so that a run can end what it has started. Nobody need be listening. */
export function interruption(): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of stopSignals) process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  interrupted.catch(() => undefined);
  return interrupted;
}
