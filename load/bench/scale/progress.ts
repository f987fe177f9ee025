import type { ProgressIo } from "../../runner/progress-line.ts";

/** A line that says what is being done now: rewritten where somebody watches, and silent elsewhere. */
export function createProgress({ stderr, isTerminal }: ProgressIo): { say(text: string): void; clear(): void } {
  const clear = (): void => {
    if (isTerminal) stderr("\r\x1b[2K");
  };
  const say = (text: string): void => {
    clear();
    if (isTerminal) stderr(text);
  };
  return { say, clear };
}
