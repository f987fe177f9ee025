import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { type Child, startChild } from "../../../load/driver/child.ts";
import { processorMs } from "../../../load/driver/processor-time.ts";
import { timeSpent } from "../../../load/profile/call-tree.ts";
import { readCpuProfile } from "../../../load/profile/cpu-profile.ts";
import { functionTimes } from "../../../load/profile/function-times.ts";
import { type ProcessRecord, type Recording, recordProcesses } from "../../../load/profile/recording.ts";
import { sleep, systemTimers, type Timers } from "../../../src/time.ts";

const program = fileURLToPath(new URL("./busy-process.ts", import.meta.url));
const here = new URL("./", import.meta.url).href;

const children: Child[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.end("forced")));
});

/** Nobody loses patience: a process that does not end by itself is waited for until the test fails. */
const patient: Timers = {
  after: (delayMs, run) => (delayMs === 0 ? systemTimers.after(delayMs, run) : { cancel: () => undefined }),
};

async function busy(inspect = true): Promise<Child> {
  const child = await startChild({ name: "busy", program, args: () => [], timers: patient, inspect });
  children.push(child);
  return child;
}

async function begun(child: Child, afterMs = 0): Promise<Recording> {
  const recording = await recordProcesses([child], { afterMs, timers: systemTimers });
  // Behind the timer that begins it, where that has nothing to wait for.
  await sleep(0);
  return recording;
}

/** Waits until a process has worked for a while, which on a busy machine takes longer. */
async function worked(child: Child): Promise<void> {
  const pids = child.pid === undefined ? [] : [child.pid];
  const beforeMs = await processorMs(pids);
  await expect.poll(() => processorMs(pids)).toBeGreaterThan(beforeMs + 100);
}

async function recorded(child: Child): Promise<ProcessRecord[]> {
  const recording = await begun(child);
  await worked(child);
  return await recording.end();
}

/** The file of what took the most time; V8 may book a loop that it has just compiled to the function that called it. */
function busiestFile(records: readonly ProcessRecord[]): string | undefined {
  const [record] = records;
  if (record?.kind !== "recorded") throw new Error(`no profile: ${record?.why}`);
  const [first] = functionTimes(timeSpent([readCpuProfile(record.profile)], here).tree);
  return first?.place.split(":")[0];
}

describe("a recording of processes", () => {
  test("finds what they are at, and leaves them as they were", async () => {
    const child = await busy();
    expect(busiestFile(await recorded(child))).toBe("busy-process.ts");
    expect(busiestFile(await recorded(child))).toBe("busy-process.ts");
    expect(child.pid).toBeDefined();
  });

  test("waits for one that stands still", async () => {
    const child = await busy();
    const recording = await begun(child);
    await worked(child);
    child.signal("SIGSTOP");
    const ended = recording.end();
    await sleep(100);
    child.signal("SIGCONT");
    expect(busiestFile(await ended)).toBe("busy-process.ts");
  });

  test("says why there is none of one that was killed, started anew, not begun with, or not to be inspected", async () => {
    const child = await busy();
    const recording = await begun(child);
    await child.end("forced");
    await child.start();
    expect(await recording.end()).toEqual([{ process: "busy", kind: "missing", why: "it ended, or was started anew" }]);
    expect(busiestFile(await recorded(child))).toBe("busy-process.ts");

    const unripe = await begun(child, 1_000_000);
    expect(await unripe.end()).toMatchObject([{ why: "the leg ended while it warmed up" }]);
    const uninspected = await begun(await busy(false));
    expect(await uninspected.end()).toMatchObject([{ why: "it did not run when the leg began" }]);
  });

  test("keeps nobody from ending", async () => {
    const child = await busy();
    const recording = await begun(child);
    await child.end("asked");
    expect(child.pid).toBeUndefined();
    expect(await recording.end()).toMatchObject([{ kind: "missing" }]);
  });
});
