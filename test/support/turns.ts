/** Counts the turns of the event loop until it is told to stop. */
export function countTurns(): { now(): number; stop(): void } {
  let turns = 0;
  let stopped = false;
  const turn = (): void => {
    turns++;
    if (!stopped) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    now: () => turns,
    stop() {
      stopped = true;
    },
  };
}
