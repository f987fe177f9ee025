import type { Random } from "../time.ts";
import type { SimulatedLeaf } from "./leaf.ts";

/** Which leaves a fault befalls: named ones, one replica of every shard, a zone, or some chosen by the seed. */
export type LeafSelection =
  | { leaves: readonly number[] }
  | { count: number }
  | { share: number }
  | { zone: string }
  | { all: true };

/** Something that goes wrong from one instant to another; without an end it stays. Instants count from the first query. */
export type Fault =
  /** Everything takes `factor` times as long. */
  | { kind: "slow"; on: LeafSelection; fromMs: number; untilMs?: number; factor: number }
  /** Stopped processes: connections stay open and nothing comes. */
  | { kind: "hung"; on: LeafSelection; fromMs: number; untilMs?: number }
  /** Killed processes: what they held fails at once, and they are gone until the end. */
  | { kind: "crash"; on: LeafSelection; fromMs: number; untilMs?: number }
  /** The whole leaf stands still again and again: every `everyMs` on average, for `pauseMs`. */
  | { kind: "pauses"; on: LeafSelection; fromMs: number; untilMs?: number; everyMs: number; pauseMs: number }
  /** Leaves that only appear then, `factor` times as slow at first and warm after `warmMs`. */
  | { kind: "join"; on: LeafSelection; fromMs: number; factor: number; warmMs: number };

export function selectLeaves(on: LeafSelection, leaves: readonly SimulatedLeaf[], random: Random): SimulatedLeaf[] {
  if ("all" in on) return [...leaves];
  if ("zone" in on) return leaves.filter((leaf) => leaf.zone === on.zone);
  if ("leaves" in on) return leaves.filter((leaf) => on.leaves.includes(leaf.index));
  const wanted = "count" in on ? on.count : Math.round(on.share * leaves.length);
  const pool = [...leaves];
  const chosen: SimulatedLeaf[] = [];
  while (chosen.length < wanted && pool.length > 0) {
    chosen.push(...pool.splice(Math.floor(random.next() * pool.length), 1));
  }
  return chosen;
}

/** One step of a fault: what to do to which leaf, and when. */
export type FaultStep = { atMs: number; leaf: SimulatedLeaf; act: FaultAct };
export type FaultAct =
  | { kind: "slower"; factor: number }
  | { kind: "hang" | "resume" | "crash" | "restart" | "leave" }
  | { kind: "join"; factor: number; warmMs: number };

/** Unrolls the faults into steps up to `endMs`, in order of time. */
export function faultSteps(
  faults: readonly Fault[],
  leaves: readonly SimulatedLeaf[],
  options: { endMs: number; random: Random },
): FaultStep[] {
  const steps = faults.flatMap((fault) =>
    selectLeaves(fault.on, leaves, options.random).flatMap((leaf) => stepsFor(fault, leaf, options)),
  );
  return steps.sort((a, b) => a.atMs - b.atMs);
}

function stepsFor(fault: Fault, leaf: SimulatedLeaf, options: { endMs: number; random: Random }): FaultStep[] {
  const at = (atMs: number, act: FaultAct): FaultStep => ({ atMs, leaf, act });
  const untilMs = "untilMs" in fault ? fault.untilMs : undefined;
  const end = (act: FaultAct): FaultStep[] => (untilMs === undefined ? [] : [at(untilMs, act)]);
  switch (fault.kind) {
    case "slow":
      return [
        at(fault.fromMs, { kind: "slower", factor: fault.factor }),
        ...end({ kind: "slower", factor: 1 / fault.factor }),
      ];
    case "hung":
      return [at(fault.fromMs, { kind: "hang" }), ...end({ kind: "resume" })];
    case "crash":
      return [at(fault.fromMs, { kind: "crash" }), ...end({ kind: "restart" })];
    case "join":
      return [at(0, { kind: "leave" }), at(fault.fromMs, { kind: "join", factor: fault.factor, warmMs: fault.warmMs })];
    case "pauses":
      return pauseSteps(fault, leaf, options);
  }
}

function pauseSteps(
  fault: Extract<Fault, { kind: "pauses" }>,
  leaf: SimulatedLeaf,
  options: { endMs: number; random: Random },
): FaultStep[] {
  const steps: FaultStep[] = [];
  const untilMs = Math.min(fault.untilMs ?? options.endMs, options.endMs);
  let atMs = fault.fromMs;
  for (;;) {
    atMs += fault.everyMs * (0.5 + options.random.next());
    if (atMs >= untilMs) return steps;
    steps.push({ atMs, leaf, act: { kind: "hang" } });
    atMs += fault.pauseMs;
    steps.push({ atMs, leaf, act: { kind: "resume" } });
  }
}
