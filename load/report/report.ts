import type { LatencyHistogram } from "../../src/policy/histogram.ts";
import { type ProfileTable, profileTable } from "../profile/process-profile.ts";
import type { PhaseFigures } from "../runner/measures.ts";
import type { RunOptions } from "../runner/options.ts";
import type { VariantRecorder } from "../runner/recorder.ts";
import type { PlayedLeg, PredictedRun, RunResult } from "../runner/run.ts";
import type { LiveVerdict } from "../runner/verdict.ts";
import { type Phase, phases } from "../scenario/live-section.ts";
import { describeMachine, type Machine } from "./machine.ts";

/** Durations by bucket: its middle in milliseconds, and how many fell into it. Adding counts joins histograms. */
export type Buckets = [middleMs: number, count: number][];

/** A second of a run, as it is kept. */
export type ReportSecond = {
  atMs: number;
  phase: string;
  queries: number;
  answered: number;
  failed: number;
  shed: number;
  /** Sum over the queries that ended. */
  coverage: number;
  first: number;
  hedges: number;
  retries: number;
  latency: Buckets;
};

export type ReportVariant = {
  figures: Partial<Record<Phase, PhaseFigures>>;
  histograms: Partial<Record<Phase, Buckets>>;
  /** Shards' answers that each leaf gave, of those that were looked at. */
  leaves: Record<string, number>;
  seconds: ReportSecond[];
};

/** All of a run, as `report.json` keeps it. */
export type Report = {
  version: 1;
  startedAt: string;
  scenario: string;
  about: string;
  steadyState: string;
  hypothesis: string;
  held: boolean;
  settings: Omit<RunOptions, "report" | "json">;
  machine: Machine;
  capacity: number | null;
  lagMs: { p50: number; p99: number } | null;
  legs: readonly PlayedLeg[];
  verdicts: readonly LiveVerdict[];
  predictions: readonly PredictedRun[];
  /** One for each process and variant that was profiled. */
  profiles: readonly ProfileTable[];
  variants: Record<string, ReportVariant>;
};

/** Sums a run up. */
export function reportOf(result: RunResult, options: RunOptions): Report {
  const { scenario, verdicts } = result;
  const { report: _report, json: _json, ...settings } = options;
  const live = scenario.variants[0]?.live;
  const variants = result.recorders.map((recorder) => {
    return [recorder.variant, variantOf(recorder, result.figures.get(recorder.variant))] as const;
  });
  return {
    version: 1,
    startedAt: result.startedAt,
    scenario: scenario.name,
    about: scenario.about,
    steadyState: live?.steadyState ?? "",
    hypothesis: live?.hypothesis ?? "",
    held: verdicts.every(({ kind }) => kind === "holds"),
    settings,
    machine: describeMachine(),
    capacity: result.capacity ?? null,
    lagMs: result.lagMs ?? null,
    legs: result.legs,
    verdicts,
    predictions: result.predictions,
    profiles: result.profiles.map(profileTable),
    variants: Object.fromEntries(variants),
  };
}

function variantOf(recorder: VariantRecorder, figures: ReadonlyMap<Phase, PhaseFigures> | undefined): ReportVariant {
  const seen = phases.filter((phase) => figures?.has(phase));
  return {
    figures: Object.fromEntries(figures ?? []),
    histograms: Object.fromEntries(seen.map((phase) => [phase, bucketsOf(recorder.histogram(phase))])),
    leaves: Object.fromEntries(recorder.leafShares()),
    seconds: recorder.seconds.map(({ attempts, latency, variant: _variant, ...second }) => {
      return { ...second, ...attempts, latency: bucketsOf(latency) };
    }),
  };
}

function bucketsOf(histogram: LatencyHistogram): Buckets {
  return [...histogram.buckets()].map(({ middleMs, count }) => [middleMs, count]);
}
