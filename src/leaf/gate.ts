import { HedgerowError } from "../errors.ts";

/** Lets a number of tasks run at once; the others wait in the order in which they came. */
export type Gate = {
  /** Runs a task when its turn comes. Rejects with `overloaded` where too many wait. */
  run<T>(task: () => Promise<T>): Promise<T>;
  readonly waiting: number;
};

/** A gate for `atOnce` tasks with room for `waitingMax` more. */
export function createGate(atOnce: number, waitingMax: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;

  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  };

  return {
    async run(task) {
      if (running < atOnce) running++;
      else if (waiting.length < waitingMax) await new Promise<void>((enter) => void waiting.push(enter));
      else throw new HedgerowError("overloaded", `${waitingMax} indexing tasks are waiting already`);
      try {
        return await task();
      } finally {
        leave();
      }
    },
    get waiting() {
      return waiting.length;
    },
  };
}
