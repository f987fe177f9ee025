import { rm } from "node:fs/promises";
import type { Child } from "./child.ts";

/** Processes that end together, and the directory that their files are in. */
export type ChildGroup = {
  /** Takes a process in; answers it. */
  keep(child: Child): Child;
  /** Ends all of them, and removes the directory. */
  stop(): Promise<void>;
};

export function createChildGroup(directory: string): ChildGroup {
  const started: Child[] = [];
  return {
    keep(child) {
      started.push(child);
      return child;
    },
    async stop() {
      await Promise.all(started.toReversed().map((child) => child.end("asked")));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The process ids of those that run. */
export function pidsOf(children: readonly Pick<Child, "pid">[]): number[] {
  return children.flatMap(({ pid }) => pid ?? []);
}
