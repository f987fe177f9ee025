import { type TimeSpent, timeSpent } from "./call-tree.ts";
import { readCpuProfile } from "./cpu-profile.ts";
import { type FunctionTime, functionTimes } from "./function-times.ts";
import type { ProcessRecord } from "./recording.ts";

/** What was recorded of a process in a leg; legs count from 1, in the order in which they were played. */
export type LegRecord = ProcessRecord & { leg: number; variant: string };

/** What a process did in all legs of a variant that it was recorded in. */
export type ProcessProfile = {
  variant: string;
  process: string;
  recorded: readonly { leg: number; profile: unknown }[];
  missing: readonly { leg: number; why: string }[];
  spent: TimeSpent;
};

/** As `report.json` keeps it: the functions with the most time of their own, by what was sampled of it. */
export type ProfileTable = Pick<ProcessProfile, "variant" | "process" | "missing"> & {
  legs: number[];
  busyMs: number;
  idleMs: number;
  unseenMs: number;
  functions: FunctionTime[];
};

const home = new URL("../../", import.meta.url).href;
const functionsMax = 12;

/** Joins the legs of each process, in the order in which they first appear. */
export function processProfiles(records: readonly LegRecord[]): ProcessProfile[] {
  const groups = Map.groupBy(records, ({ variant, process }) => JSON.stringify([variant, process]));
  return [...groups.values()].flatMap((legs): ProcessProfile[] => {
    const [first] = legs;
    if (first === undefined) return [];
    const recorded = legs.flatMap((one) => (one.kind === "recorded" ? [{ leg: one.leg, profile: one.profile }] : []));
    const missing = legs.flatMap((one) => (one.kind === "missing" ? [{ leg: one.leg, why: one.why }] : []));
    const spent = timeSpent(
      recorded.map(({ profile }) => readCpuProfile(profile)),
      home,
    );
    return [{ variant: first.variant, process: first.process, recorded, missing, spent }];
  });
}

/** Sums a process up. */
export function profileTable({ variant, process, recorded, missing, spent }: ProcessProfile): ProfileTable {
  return {
    variant,
    process,
    legs: recorded.map(({ leg }) => leg),
    missing,
    busyMs: spent.tree.totalMs,
    idleMs: spent.idleMs,
    unseenMs: spent.unseenMs,
    functions: functionTimes(spent.tree).slice(0, functionsMax),
  };
}
