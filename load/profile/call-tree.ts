import { type CalledFunction, calledFunction } from "./called-function.ts";
import { type CpuProfile, type ProfileNode, selfTimes } from "./cpu-profile.ts";

/** A function as it was called by those above it. `totalMs` is its own time and that of all below it. */
export type CallNode = { called: CalledFunction; selfMs: number; totalMs: number; children: readonly CallNode[] };

/** What a process did with its time. */
export type TimeSpent = {
  tree: CallNode;
  /** It had nothing to do. */
  idleMs: number;
  /** It was stopped, or waited for a processor. */
  unseenMs: number;
};

/** Twenty samples: longer ones are of a process that did not run. */
const sampleUsMax = 10_000;

type Growing = { called: CalledFunction; selfMs: number; children: Map<string, Growing> };

/** Joins profiles of a process. Ways to a function are one where their functions are the same, by name, file and line. */
export function timeSpent(profiles: readonly CpuProfile[], home: string): TimeSpent {
  const root: Growing = grown({ name: "all", place: "", origin: "native" });
  let idleMs = 0;
  let unseenMs = 0;
  for (const profile of profiles) {
    const { byNodeUs, unseenUs } = selfTimes(profile, sampleUsMax);
    const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
    const selfMs = ({ id }: ProfileNode): number => (byNodeUs.get(id) ?? 0) / 1_000;
    const add = (into: Growing, node: ProfileNode): void => {
      into.selfMs += selfMs(node);
      for (const id of node.children) {
        const child = nodes.get(id);
        if (child === undefined) continue;
        if (isIdle(child)) idleMs += selfMs(child);
        else add(within(into, calledFunction(child.callFrame, home)), child);
      }
    };
    const [first] = profile.nodes;
    if (first !== undefined) add(root, first);
    unseenMs += unseenUs / 1_000;
  }
  return { tree: summed(root), idleMs, unseenMs };
}

function isIdle({ callFrame }: ProfileNode): boolean {
  return callFrame.functionName === "(idle)" && callFrame.url === "";
}

function grown(called: CalledFunction): Growing {
  return { called, selfMs: 0, children: new Map() };
}

function within(parent: Growing, called: CalledFunction): Growing {
  const key = keyOf(called);
  const child = parent.children.get(key) ?? grown(called);
  parent.children.set(key, child);
  return child;
}

/** The same for the same function. */
export function keyOf({ name, place }: CalledFunction): string {
  return `${name}\n${place}`;
}

/** Adds the times up; what takes the most comes first. */
function summed({ called, selfMs, children }: Growing): CallNode {
  const below = [...children.values()].map(summed).sort((a, b) => b.totalMs - a.totalMs);
  const totalMs = below.reduce((sum, child) => sum + child.totalMs, selfMs);
  return { called, selfMs, totalMs, children: below };
}
