import { readFile } from "node:fs/promises";
import { sleep } from "../../src/time.ts";

const ticksPerSecond = 100;

/**
 * The processor time that the operating system has booked for processes so far, user and system, in milliseconds. One
 * that has ended counts nothing.
 */
export async function processorMs(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    if (stat === undefined) continue;
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1000) / ticksPerSecond;
}

const usualCalmWindowMs = 2000;
const calmWindows = 3;
const calmShare = 0.1;
const calmMsMax = 60_000;

/**
 * Waits until processes have hardly worked for a while, a minute at most: after a load, leaves make their segments as few
 * as can be, and that is no part of what a query costs. The while is three windows.
 */
export async function untilCalm(pids: readonly number[], calmWindowMs = usualCalmWindowMs): Promise<void> {
  let calm = 0;
  for (let waitedMs = 0; calm < calmWindows && waitedMs < calmMsMax; waitedMs += calmWindowMs) {
    const beforeMs = await processorMs(pids);
    await sleep(calmWindowMs);
    const share = ((await processorMs(pids)) - beforeMs) / calmWindowMs;
    calm = share < calmShare ? calm + 1 : 0;
  }
}
