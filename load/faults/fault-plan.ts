import type { Fault, LeafSelection } from "../../src/simulator/fault.ts";
import type { Random } from "../../src/time.ts";
import type { LiveFault } from "../scenario/live-section.ts";
import { type LinkTrouble, noTrouble } from "./link-proxy.ts";

/** What is done to a leaf's process or to the way to it. */
export type LeafAct =
  /** SIGSTOP and SIGCONT. */
  | { kind: "stop" | "continue" }
  /** SIGKILL; and a start with what the leaf had on its disk, or with nothing. */
  | { kind: "kill" | "start" | "start-empty" }
  /** It is asked to end, and started when it has. */
  | { kind: "restart" }
  | { kind: "cut" }
  | { kind: "trouble"; trouble: Partial<LinkTrouble> };

/** One step of what goes wrong in a leg. */
export type FaultStep = { atMs: number } & ({ leaf: number; act: LeafAct } | { writesPerSecond: number });

export type PlannedLeaf = { index: number; zone: string };

type PlanOptions = { durationMs: number; random: Random };

/** A slow process runs this long at a stretch. */
const runMs = 10;

/** Which leaves a fault befalls: the rule of the simulator, for real ones. */
export function selectLeaves(on: LeafSelection, leaves: readonly PlannedLeaf[], random: Random): number[] {
  if ("all" in on) return leaves.map(({ index }) => index);
  if ("zone" in on) return leaves.filter(({ zone }) => zone === on.zone).map(({ index }) => index);
  if ("leaves" in on) return leaves.filter(({ index }) => on.leaves.includes(index)).map(({ index }) => index);
  const wanted = "count" in on ? on.count : Math.round(on.share * leaves.length);
  const pool = leaves.map(({ index }) => index);
  const chosen: number[] = [];
  while (chosen.length < wanted && pool.length > 0) {
    chosen.push(...pool.splice(Math.floor(random.next() * pool.length), 1));
  }
  return chosen;
}

/** Unrolls what goes wrong into steps up to the leg's end, in order of time. The same randomness gives the same. */
export function planFaults(
  faults: { shared: readonly Fault[]; live: readonly LiveFault[] },
  leaves: readonly PlannedLeaf[],
  options: PlanOptions,
): FaultStep[] {
  const shared = faults.shared.flatMap((fault) =>
    selectLeaves(fault.on, leaves, options.random).flatMap((leaf) => sharedSteps(fault, leaf, options)),
  );
  const live = faults.live.flatMap((fault) => liveSteps(fault, leaves, options));
  return [...shared, ...live].sort((a, b) => a.atMs - b.atMs);
}

/** Leaves that only a proxy can trouble. */
export function proxiedLeaves(faults: readonly LiveFault[], leaves: readonly PlannedLeaf[], random: Random): number[] {
  const steps = planFaults({ shared: [], live: faults }, leaves, { durationMs: Number.MAX_VALUE, random });
  const needs = (step: FaultStep): boolean => "act" in step && (step.act.kind === "cut" || step.act.kind === "trouble");
  return [...new Set(steps.filter(needs).flatMap((step) => ("leaf" in step ? [step.leaf] : [])))];
}

function sharedSteps(fault: Fault, leaf: number, options: PlanOptions): FaultStep[] {
  const at = (atMs: number, act: LeafAct): FaultStep => ({ atMs, leaf, act });
  const untilMs = "untilMs" in fault ? fault.untilMs : undefined;
  const end = (act: LeafAct): FaultStep[] => (untilMs === undefined ? [] : [at(untilMs, act)]);
  switch (fault.kind) {
    case "hung":
      return [at(fault.fromMs, { kind: "stop" }), ...end({ kind: "continue" })];
    case "crash":
      return [at(fault.fromMs, { kind: "kill" }), ...end({ kind: "start" })];
    case "join":
      return [at(0, { kind: "kill" }), at(fault.fromMs, { kind: "start-empty" })];
    case "pauses":
      return pauses({ ...fault, leaf }, options);
    case "slow":
      // What runs one millisecond of two is twice as slow, whatever it does.
      return pauses({ ...fault, leaf, everyMs: runMs, pauseMs: runMs * (fault.factor - 1), even: true }, options);
  }
}

type Pauses = {
  leaf: number;
  fromMs: number;
  untilMs?: number;
  everyMs: number;
  pauseMs: number;
  /** Always after the same time, instead of half of it to one and a half. */
  even?: boolean;
};

function pauses(
  { leaf, fromMs, untilMs, everyMs, pauseMs, even }: Pauses,
  { durationMs, random }: PlanOptions,
): FaultStep[] {
  const steps: FaultStep[] = [];
  const lastMs = Math.min(untilMs ?? durationMs, durationMs);
  let atMs = fromMs;
  for (;;) {
    atMs += even === true ? everyMs : everyMs * (0.5 + random.next());
    if (atMs >= lastMs || pauseMs <= 0) return steps;
    steps.push({ atMs, leaf, act: { kind: "stop" } });
    atMs += pauseMs;
    steps.push({ atMs: Math.min(atMs, lastMs), leaf, act: { kind: "continue" } });
  }
}

function liveSteps(fault: LiveFault, leaves: readonly PlannedLeaf[], options: PlanOptions): FaultStep[] {
  const { fromMs, untilMs } = fault;
  if (fault.kind === "writes") {
    const stop = untilMs === undefined ? [] : [{ atMs: untilMs, writesPerSecond: 0 }];
    return [{ atMs: fromMs, writesPerSecond: fault.documentsPerSecond }, ...stop];
  }
  const chosen = selectLeaves(fault.on, leaves, options.random);
  const lastMs = Math.min(untilMs ?? options.durationMs, options.durationMs);
  switch (fault.kind) {
    case "restarts":
      return chosen
        .map((leaf, i): FaultStep => ({ atMs: fromMs + i * fault.everyMs, leaf, act: { kind: "restart" } }))
        .filter(({ atMs }) => atMs < lastMs);
    case "cuts":
      return chosen.flatMap((leaf) => cuts({ leaf, fromMs, lastMs, everyMs: fault.everyMs }));
    default: {
      const trouble = troubleOf(fault);
      const calm = Object.fromEntries(Object.keys(trouble).map((key) => [key, calmValue(key)]));
      return chosen.flatMap((leaf): FaultStep[] => [
        { atMs: fromMs, leaf, act: { kind: "trouble", trouble } },
        ...(untilMs === undefined ? [] : [{ atMs: untilMs, leaf, act: { kind: "trouble", trouble: calm } } as const]),
      ]);
    }
  }
}

function calmValue(key: string): number | boolean {
  return key === "blackhole" ? noTrouble.blackhole : 0;
}

function troubleOf(fault: Extract<LiveFault, { kind: "delay" | "stalls" | "blackhole" }>): Partial<LinkTrouble> {
  if (fault.kind === "delay") return { delayMs: fault.delayMs, jitterMs: fault.jitterMs };
  if (fault.kind === "stalls") return { stallShare: fault.share, stallMs: fault.stallMs };
  return { blackhole: true };
}

const cutsMax = 10_000;

function cuts({
  leaf,
  fromMs,
  lastMs,
  everyMs,
}: {
  leaf: number;
  fromMs: number;
  lastMs: number;
  everyMs: number;
}): FaultStep[] {
  const count = Math.min(cutsMax, Math.ceil((lastMs - fromMs) / everyMs));
  return Array.from({ length: count }, (_, i) => ({ atMs: fromMs + i * everyMs, leaf, act: { kind: "cut" } }));
}
