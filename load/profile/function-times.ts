import { type CallNode, keyOf } from "./call-tree.ts";
import { type CalledFunction, type Origin, origins } from "./called-function.ts";

/** How long a function ran, by itself and with all that it called, whoever called it. */
export type FunctionTime = CalledFunction & { selfMs: number; totalMs: number };

/** All functions of a tree, most time of their own first. One that calls itself counts its time once. */
export function functionTimes(tree: CallNode): FunctionTime[] {
  const times = new Map<string, FunctionTime>();
  const visit = ({ called, selfMs, totalMs, children }: CallNode, above: ReadonlySet<string>): void => {
    const key = keyOf(called);
    const time = times.get(key) ?? { ...called, selfMs: 0, totalMs: 0 };
    times.set(key, time);
    time.selfMs += selfMs;
    if (!above.has(key)) time.totalMs += totalMs;
    const path = new Set([...above, key]);
    for (const child of children) visit(child, path);
  };
  for (const child of tree.children) visit(child, new Set());
  return [...times.values()].sort((a, b) => b.selfMs - a.selfMs);
}

/** How long code of each origin ran. */
export function originTimes(tree: CallNode): Map<Origin, number> {
  const times = new Map<Origin, number>(origins.map((origin) => [origin, 0]));
  const visit = ({ called, selfMs, children }: CallNode): void => {
    times.set(called.origin, (times.get(called.origin) ?? 0) + selfMs);
    for (const child of children) visit(child);
  };
  visit(tree);
  return times;
}
