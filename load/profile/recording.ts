import { messageOf } from "../../src/errors.ts";
import type { Timers } from "../../src/time.ts";
import type { Child } from "../driver/child.ts";
import { type InspectorSession, openSession } from "./inspector-session.ts";

/** What was recorded of a process: its profile as the inspector gave it, or why there is none. */
export type ProcessRecord = { process: string } & ({ kind: "recorded"; profile: unknown } | Missing);

type Missing = { kind: "missing"; why: string };

/** A recording under way. `end` stops it and never rejects; a process that stands still is waited for. */
export type Recording = { end(): Promise<ProcessRecord[]> };

type Recorder = { start(): void; stop(): Promise<unknown>; close(): void };

const sampleUs = 500;
const silenceMsMax = 60_000;

/**
 * Has processes sampled from `afterMs` on. They must have been started to be inspected; one that ends meanwhile, or
 * that is started anew, has no profile.
 */
export async function recordProcesses(
  processes: readonly Pick<Child, "name" | "inspectorUrl">[],
  { afterMs, timers }: { afterMs: number; timers: Timers },
): Promise<Recording> {
  const recorders = await Promise.all(
    processes.map(async ({ name, inspectorUrl }) => {
      const recorder = await within(attach(inspectorUrl), timers).catch(whyOf);
      return { name, recorder };
    }),
  );
  const beginning = timers.after(afterMs, () => {
    for (const { recorder } of recorders) if ("start" in recorder) recorder.start();
  });
  const endOne = async (process: string, recorder: Recorder | Missing): Promise<ProcessRecord> => {
    if ("kind" in recorder) return { process, ...recorder };
    try {
      return { process, kind: "recorded", profile: await within(recorder.stop(), timers) };
    } catch (error) {
      return { process, ...whyOf(error) };
    } finally {
      recorder.close();
    }
  };
  return {
    end() {
      beginning.cancel();
      return Promise.all(recorders.map(({ name, recorder }) => endOne(name, recorder)));
    },
  };
}

async function attach(url: string | undefined): Promise<Recorder> {
  if (url === undefined) throw new Error("it did not run when the leg began");
  const session: InspectorSession = await openSession(url);
  await session.call("Profiler.enable");
  await session.call("Profiler.setSamplingInterval", { interval: sampleUs });
  let started: Promise<unknown> | undefined;
  return {
    start() {
      started = session.call("Profiler.start");
      // Whoever stops it hears of it.
      started.catch(() => undefined);
    },
    async stop() {
      if (started === undefined) throw new Error("the leg ended while it warmed up");
      await started;
      const { profile } = await session.call("Profiler.stop");
      return profile;
    },
    close: () => session.close(),
  };
}

function whyOf(error: unknown): Missing {
  return { kind: "missing", why: messageOf(error) };
}

function within<T>(promise: Promise<T>, timers: Timers): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = timers.after(silenceMsMax, () => reject(new Error(`it said nothing for ${silenceMsMax} ms`)));
    promise.then(resolve, reject).finally(() => limit.cancel());
  });
}
