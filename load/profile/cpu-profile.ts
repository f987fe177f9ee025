import { asList, asNumber, asRecord, asText } from "../../src/command/answers.ts";

/** Where a function begins; `lineNumber` counts from 0 and is negative where there is no source. */
export type CallFrame = { functionName: string; url: string; lineNumber: number };

/** One way to a function: it and, through its parents, who called it. */
export type ProfileNode = { id: number; callFrame: CallFrame; children: readonly number[] };

/** A profile as V8 writes it. Each sample names the node that ran; `timeDeltas` are from the sample before, in microseconds. */
export type CpuProfile = {
  nodes: readonly ProfileNode[];
  endTime: number;
  startTime: number;
  samples: readonly number[];
  timeDeltas: readonly number[];
};

/** Reads a `.cpuprofile`. What is not there is read as nothing. */
export function readCpuProfile(value: unknown): CpuProfile {
  const profile = asRecord(value);
  return {
    nodes: asList(profile.nodes).map(readNode),
    startTime: asNumber(profile.startTime) ?? 0,
    endTime: asNumber(profile.endTime) ?? 0,
    samples: numbers(profile.samples),
    timeDeltas: numbers(profile.timeDeltas),
  };
}

function readNode(value: unknown): ProfileNode {
  const node = asRecord(value);
  const frame = asRecord(node.callFrame);
  return {
    id: asNumber(node.id) ?? 0,
    callFrame: {
      functionName: asText(frame.functionName) ?? "",
      url: asText(frame.url) ?? "",
      lineNumber: asNumber(frame.lineNumber) ?? -1,
    },
    children: numbers(node.children),
  };
}

function numbers(value: unknown): number[] {
  return asList(value).map((one) => asNumber(one) ?? 0);
}

/** How long each node ran by itself, and for how long nobody looked, in microseconds. */
export type SelfTimes = { byNodeUs: ReadonlyMap<number, number>; unseenUs: number };

/**
 * A sample stands for what ran until the next one, but at most for `sampleUsMax`: nothing is sampled of a process that
 * was stopped, or that got no processor, and what it had been at did not take all that time. The sum of all is the time
 * from the first sample to the end.
 */
export function selfTimes({ startTime, endTime, samples, timeDeltas }: CpuProfile, sampleUsMax: number): SelfTimes {
  let atUs = startTime;
  // They may be out of order: V8 notes some of them late.
  const seen = samples.map((node, i) => {
    atUs += timeDeltas[i] ?? 0;
    return { node, atUs };
  });
  seen.sort((a, b) => a.atUs - b.atUs);
  const byNodeUs = new Map<number, number>();
  let unseenUs = 0;
  for (const [i, { node, atUs: fromUs }] of seen.entries()) {
    const lastedUs = Math.max(0, (seen[i + 1]?.atUs ?? endTime) - fromUs);
    const countedUs = Math.min(lastedUs, sampleUsMax);
    byNodeUs.set(node, (byNodeUs.get(node) ?? 0) + countedUs);
    unseenUs += lastedUs - countedUs;
  }
  return { byNodeUs, unseenUs };
}
