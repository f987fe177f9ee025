import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import type { OutcomeRun } from "./outcome-runs.ts";

/** Of writes that followed the ones before them, the distance is 0; a conflict with no version has none. */
type PackedRun = [kind: number, distance: number, count: number] | [kind: number, distance: number] | [kind: number];

const writtenNew = 0;
const writtenOver = 1;
const conflict = 2;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/**
 * Outcomes in as few characters as they tell of: numbers as distances from what would follow, deflated, in base64. A
 * million writes of which half replaced something, at random, take less than half a megabyte.
 */
export async function packRuns(runs: readonly OutcomeRun[]): Promise<string> {
  let next = 0;
  const packed = runs.map((run): PackedRun => {
    if (run.kind === "conflict") {
      if (run.currentVersion === undefined) return [conflict];
      return [conflict, run.currentVersion - next];
    }
    const distance = run.sequence - next;
    next = run.sequence + run.count;
    return [run.found ? writtenOver : writtenNew, distance, run.count];
  });
  return (await deflate(JSON.stringify(packed))).toString("base64");
}

/** The inverse of `packRuns`. */
export async function unpackRuns(text: string): Promise<OutcomeRun[]> {
  const packed: PackedRun[] = JSON.parse((await inflate(Buffer.from(text, "base64"))).toString());
  let next = 0;
  return packed.map(([kind, distance, count]): OutcomeRun => {
    if (kind === conflict) {
      return { kind: "conflict", currentVersion: distance === undefined ? undefined : next + distance };
    }
    const run = {
      kind: "written",
      sequence: next + (distance ?? 0),
      found: kind === writtenOver,
      count: count ?? 0,
    } as const;
    next = run.sequence + run.count;
    return run;
  });
}
