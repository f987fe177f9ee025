import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Timers } from "../../src/time.ts";
import { type Child, startChild } from "./child.ts";

/** One role of the program as a process; its files are below `directory`. */
export type RolePlan = { name: string; directory: string; timers: Timers; inspect?: boolean };

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** The same root with the policies of a scenario. */
const rootProgram = fileURLToPath(new URL("./root-main.ts", import.meta.url));
const host = "127.0.0.1";

/** Where a role keeps its files. */
export function dataOf({ name, directory }: Pick<RolePlan, "name" | "directory">): string {
  return join(directory, name);
}

/** Starts an empty leaf. */
export function startLeafProcess(plan: RolePlan, { zone }: { zone: string }): Promise<Child> {
  return start(plan, { program, before: ["leaf", "--zone", zone] });
}

export type RootProcessOptions = {
  /** As `--leaf-urls` takes them. */
  leafUrls: string;
  /** The scenario and the variant whose policies it runs; without one those of the product. */
  policiesOf?: { scenario: string; variant: string };
  /** Further flags of `hedgerow root`. */
  flags?: readonly string[];
};

/** Starts a root before leaves that are there already. */
export function startRootProcess(
  plan: RolePlan,
  { leafUrls, policiesOf, flags = [] }: RootProcessOptions,
): Promise<Child> {
  const more = ["--leaf-urls", leafUrls, ...flags];
  if (policiesOf === undefined) return start(plan, { program, before: ["root", ...more] });
  return start(plan, { program: rootProgram, before: [policiesOf.scenario, policiesOf.variant, ...more] });
}

function start(plan: RolePlan, own: { program: string; before: readonly string[] }): Promise<Child> {
  const { name, timers, inspect = false } = plan;
  const flags = ["--name", name, "--data", dataOf(plan), "--host", host, "--log-level", "error"];
  const args = (port: string): string[] => [...own.before, ...flags, "--port", port];
  return startChild({ name, program: own.program, args, timers, inspect });
}
