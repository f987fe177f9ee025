import { systemClock } from "../../src/time.ts";
import type { JsonAnswer } from "./cluster.ts";

/** One answered query of a stream; `outsideMs` is what its caller waited. */
export type StreamAnswer = JsonAnswer & { outsideMs: number };

/** Asks again and again from several callers at once, each waiting for its answer, until `enough`. */
export async function askAtOnce(
  callers: number,
  ask: (count: number) => Promise<JsonAnswer>,
  enough: (answered: number) => boolean,
): Promise<StreamAnswer[]> {
  const answers: StreamAnswer[] = [];
  let asked = 0;
  const caller = async (): Promise<void> => {
    while (!enough(answers.length)) {
      const beganMs = systemClock.nowMs();
      const answer = await ask(asked++);
      answers.push({ ...answer, outsideMs: systemClock.nowMs() - beganMs });
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return answers;
}
