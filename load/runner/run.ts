import { join } from "node:path";
import { type DemoDocument, demoDocuments } from "../../data/corpus.ts";
import type { LatencyHistogram } from "../../src/policy/histogram.ts";
import { seededRandom, systemClock, systemTimers, wallInstant } from "../../src/time.ts";
import { driveClosedLoop } from "../driver/closed-loop.ts";
import { drawnQueries, listedQueries, readQueries } from "../driver/query-feed.ts";
import type { SearchTarget } from "../driver/search-target.ts";
import { type Prediction, simulate } from "../predict/predict.ts";
import { recordService } from "../predict/record.ts";
import type { Recorded } from "../predict/recorded-profile.ts";
import { type LegRecord, type ProcessProfile, processProfiles } from "../profile/process-profile.ts";
import { type ProcessRecord, recordProcesses } from "../profile/recording.ts";
import type { LiveScenario, LiveVariant } from "../scenario/live-scenario.ts";
import { runLeg } from "./leg.ts";
import type { RunOptions } from "./options.ts";
import { type Disturbance, disturbancesOf, phaseChangesMs, phasesOf } from "./phases.ts";
import type { ProgressLine } from "./progress-line.ts";
import { VariantRecorder } from "./recorder.ts";
import { foreignStage, ownStages, type Stage } from "./stage.ts";
import { type FiguresByVariant, judgeLive, type LiveVerdict } from "./verdict.ts";

/** One leg of a run: a variant played once. */
export type PlayedLeg = { variant: string; startMs: number; durationMs: number; disturbances: readonly Disturbance[] };

/** All that a run has shown. */
export type RunResult = {
  startedAt: string;
  scenario: LiveScenario;
  legs: readonly PlayedLeg[];
  recorders: readonly VariantRecorder[];
  /** Answers a second at the cluster's limit, where the load was a share of it. */
  capacity: number | undefined;
  figures: FiguresByVariant;
  verdicts: readonly LiveVerdict[];
  /** How late queries left, at the worst of the legs with open arrivals. */
  lagMs: { p50: number; p99: number } | undefined;
  /** What the simulator made of the same scenario, where it was asked. */
  predictions: readonly PredictedRun[];
  /** What root and leaves did with their time, where that was asked for. */
  profiles: readonly ProcessProfile[];
};

/** A variant as it was and as it was predicted. */
export type PredictedRun = { variant: string; live: Prediction; simulated: Prediction };

/** Tried one after the other, until hardly anything is turned away. */
const capacityConnections = [32, 16, 8, 4];
const capacityShedMax = 0.02;
const capacityWarmUpMs = 4_000;
const capacityMs = 4_000;

/**
 * Plays a scenario:
 * 1. start the clusters that its variants need, or take the one that was named;
 * 2. where the load is a share of what the cluster can do, measure that first;
 * 3. play the variants in turn, as often as there are rounds, so that what disturbs the machine disturbs all of them;
 * 4. hold what was seen against what the scenario holds to be true, and, where asked, against what the simulator makes
 *    of the same scenario with service times that were recorded before.
 * Nothing that it started is left, also where `interrupted` rejects.
 */
export async function run(
  scenario: LiveScenario,
  options: RunOptions,
  { progress, interrupted }: { progress: ProgressLine; interrupted: Promise<never> },
): Promise<RunResult> {
  const { variants } = scenario;
  const startedAt = wallInstant();
  const listed = options.queries === undefined ? undefined : readQueries(options.queries);
  const say = (text: string): void => progress.say(text);
  const { target, index, seed, profile } = options;
  const foreign = target === undefined ? undefined : await foreignStage({ url: target, index });
  const documents = [...firstDocuments(Math.max(...variants.map(({ live }) => live.documents)))];
  const own = { scenario: options.scenario, variants, documents, seed, profile, say, interrupted };
  const stages = foreign ?? (await ownStages(own));
  try {
    const feedOf = queryFeeds(documents, listed);
    const capacity = await Promise.race([capacityOf(variants, stages.of, { feedOf, say }), interrupted]);
    const recorded = options.predict
      ? await Promise.race([recordAll(variants, stages.of, { feedOf, capacity, options, say }), interrupted])
      : [];
    const recorders = new Map(variants.map((variant) => [variant.name, recorderFor(variant)]));
    const legs: PlayedLeg[] = [];
    const lags: LatencyHistogram[] = [];
    const records: LegRecord[] = [];
    const startMs = systemClock.nowMs();
    for (const { variant, label, turn } of turnsOf(variants)) {
      const recorder = recorders.get(variant.name);
      if (recorder === undefined) continue;
      const legStartMs = systemClock.nowMs() - startMs;
      const next = feedOf(variant, options.seed + turn);
      const parts = { stage: stages.of(variant), next, capacity, recorder, legStartMs, label, progress, profile };
      const played = await Promise.race([playLeg(variant, { ...parts, seed: options.seed + turn }), interrupted]);
      legs.push(played.leg);
      if (played.lag !== undefined) lags.push(played.lag);
      records.push(...played.records.map((one) => ({ ...one, leg: legs.length, variant: variant.name })));
    }
    const figures = new Map([...recorders].map(([name, recorder]) => [name, recorder.figures(capacity)]));
    const verdicts = judgeLive(scenario.targets, figures);
    const predictions = await predictAll(recorded, figures, { capacity, options });
    const shown = { legs, recorders: [...recorders.values()], capacity, figures, verdicts, lagMs: worstLag(lags) };
    return { startedAt, scenario, ...shown, predictions, profiles: processProfiles(records) };
  } finally {
    progress.clear();
    await stages.close();
  }
}

function* firstDocuments(count: number): Generator<DemoDocument> {
  const all = [...demoDocuments()];
  // Spread over the corpus: its first documents are all nouns of a kind.
  const step = Math.max(1, all.length / count);
  for (let i = 0; i < Math.min(count, all.length); i++) {
    const document = all[Math.floor(i * step)];
    if (document !== undefined) yield document;
  }
}

type FeedOf = (variant: LiveVariant, seed: number) => SearchTarget["next"];

function queryFeeds(documents: readonly DemoDocument[], listed: readonly string[] | undefined): FeedOf {
  return ({ scenario, live }, seed) => {
    const feed = { load: scenario.load, live, random: seededRandom(seed) };
    return listed === undefined ? drawnQueries(documents, feed) : listedQueries(listed, feed);
  };
}

function recorderFor({ name, scenario }: LiveVariant): VariantRecorder {
  const { load, layout } = scenario;
  return new VariantRecorder({ variant: name, budgetMs: load.budgetMs, leaves: layout.leaves });
}

/** Every variant once a round, every other round backwards: what drifts then weighs on all of them alike. */
function* turnsOf(variants: readonly LiveVariant[]): Generator<{ variant: LiveVariant; label: string; turn: number }> {
  const rounds = Math.max(...variants.map(({ live }) => live.rounds));
  for (let round = 0; round < rounds; round++) {
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      const label = variants.length * rounds === 1 ? variant.scenario.name : `${variant.name} ${round + 1}/${rounds}`;
      yield { variant, label, turn: round };
    }
  }
}

type LegParts = {
  stage: Stage;
  next: SearchTarget["next"];
  capacity: number | undefined;
  recorder: VariantRecorder;
  legStartMs: number;
  label: string;
  seed: number;
  progress: ProgressLine;
  profile: boolean;
};

type LegPlayed = { leg: PlayedLeg; lag: LatencyHistogram | undefined; records: readonly ProcessRecord[] };

async function playLeg(variant: LiveVariant, parts: LegParts): Promise<LegPlayed> {
  const { stage, recorder, legStartMs, progress, label } = parts;
  const { scenario, live } = variant;
  const { durationMs, warmUpMs } = live;
  const shape = {
    durationMs,
    warmUpMs,
    faults: scenario.faults,
    liveFaults: live.faults,
    stages: scenario.load.stages,
  };
  const leg = recorder.leg({ startMs: legStartMs, durationMs, phaseAt: phasesOf(shape) });
  const recorded = parts.profile ? stage.processes : [];
  const recording = await recordProcesses(recorded, { afterMs: warmUpMs, timers: systemTimers });
  const disturbed = stage.disturb(variant);
  let lag: LatencyHistogram | undefined;
  let records: Promise<ProcessRecord[]>;
  try {
    lag = await runLeg({
      target: targetOn(stage, parts.next),
      arrivals: scenario.load.arrivals,
      stages: scenario.load.stages,
      capacity: parts.capacity,
      durationMs,
      budgetMs: scenario.load.budgetMs,
      phaseChangesMs: phaseChangesMs(shape),
      random: seededRandom(parts.seed * 2 + 1),
      recorder: leg,
      onSecond(atMs) {
        const second = leg.secondAt(atMs - 1);
        if (second !== undefined) progress.show(label, second, atMs);
      },
    });
  } finally {
    // Mending is no part of the leg, but a process that stands still can only answer when it is mended.
    records = recording.end();
    await disturbed.mend();
  }
  const disturbances = disturbancesOf(shape);
  return { leg: { variant: variant.name, startMs: legStartMs, durationMs, disturbances }, lag, records: await records };
}

function targetOn({ url, index }: Stage, next: SearchTarget["next"]): SearchTarget & { index: string } {
  return { url, index, path: `/v1/indexes/${encodeURIComponent(index)}/search`, next };
}

/** What the first variant's cluster answers whole in a second when it is never left idle. */
async function capacityOf(
  variants: readonly LiveVariant[],
  stageOf: (variant: LiveVariant) => Stage,
  { feedOf, say }: { feedOf: FeedOf; say: (text: string) => void },
): Promise<number | undefined> {
  const relative = variants.find(({ scenario }) => scenario.load.arrivals.kind === "load");
  if (relative === undefined) return undefined;
  const target = targetOn(stageOf(relative), feedOf(relative, 0));
  const warmUp = { connections: Math.max(...capacityConnections), durationMs: capacityWarmUpMs, clock: systemClock };
  await driveClosedLoop(target, warmUp, () => undefined);
  let perSecond = 0;
  let connections = 0;
  for (const tried of capacityConnections) {
    const { wholePerSecond, shedShare } = await measureLimit(target, tried);
    if (wholePerSecond > perSecond) [perSecond, connections] = [wholePerSecond, tried];
    if (shedShare <= capacityShedMax) break;
  }
  if (perSecond === 0) throw new Error("the cluster answered nothing whole while its limit was measured");
  say(`at its limit the cluster answers ${Math.round(perSecond)} queries/s (${connections} connections)`);
  return perSecond;
}

/**
 * Callers who ask again as soon as they were turned away keep a cluster busy with saying no, and it answers less than it
 * can; so the limit is what fewer of them are answered, where that is more.
 */
async function measureLimit(
  target: SearchTarget,
  connections: number,
): Promise<{ wholePerSecond: number; shedShare: number }> {
  const counts = { all: 0, whole: 0, shed: 0 };
  const loop = { connections, durationMs: capacityMs, clock: systemClock };
  await driveClosedLoop(target, loop, ({ kind, coverage }) => {
    counts.all++;
    if (kind === "shed") counts.shed++;
    else if (kind === "answered" && coverage >= 1) counts.whole++;
  });
  return { wholePerSecond: counts.whole / (capacityMs / 1_000), shedShare: counts.shed / Math.max(1, counts.all) };
}

type RecordedVariant = { variant: LiveVariant; recorded: Recorded };

/** Records undisturbed queries of every variant that the simulator knows all faults of. */
async function recordAll(
  variants: readonly LiveVariant[],
  stageOf: (variant: LiveVariant) => Stage,
  parts: { feedOf: FeedOf; capacity: number | undefined; options: RunOptions; say: (text: string) => void },
): Promise<RecordedVariant[]> {
  const { feedOf, capacity, options, say } = parts;
  const all: RecordedVariant[] = [];
  for (const variant of variants) {
    if (variant.live.faults.length > 0) {
      say(`${variant.name}: the simulator does not know all of its faults and predicts nothing`);
      continue;
    }
    say(`recording service times of ${variant.name} at its own load`);
    const target = targetOn(stageOf(variant), feedOf(variant, options.seed));
    const ratePerSecond = rateOf(variant, capacity);
    const recorded = await recordService(target, variant, { ratePerSecond, seed: options.seed });
    if (recorded === undefined) say(`${variant.name}: too few whole answers to predict from`);
    else all.push({ variant, recorded });
  }
  return all;
}

async function predictAll(
  recorded: readonly RecordedVariant[],
  figures: FiguresByVariant,
  { capacity, options }: { capacity: number | undefined; options: RunOptions },
): Promise<PredictedRun[]> {
  const predicted: PredictedRun[] = [];
  for (const { variant, recorded: one } of recorded) {
    const live = figures.get(variant.name)?.get("all")?.latencyMs;
    if (live === undefined) continue;
    const directory = options.report === undefined ? undefined : join(options.report, `predict-${variant.name}`);
    const ratePerSecond = rateOf(variant, capacity);
    const { durationMs, warmUpMs } = variant.live;
    const told = await simulate(variant, one, { ratePerSecond, durationMs, warmUpMs, seed: options.seed, directory });
    const simulated = { p50Ms: told.p50, p99Ms: told.p99 };
    predicted.push({ variant: variant.name, live: { p50Ms: live.p50, p99Ms: live.p99 }, simulated });
  }
  return predicted;
}

/** Queries a second of open arrivals, before any stage; undefined of closed ones. */
function rateOf({ scenario }: LiveVariant, capacity: number | undefined): number | undefined {
  const { arrivals } = scenario.load;
  if (arrivals.kind === "closed") return undefined;
  return arrivals.kind === "rate" ? arrivals.perSecond : arrivals.load * (capacity ?? 0);
}

function worstLag(lags: readonly LatencyHistogram[]): RunResult["lagMs"] {
  if (lags.length === 0) return undefined;
  const worst = (q: number): number => Math.max(...lags.map((lag) => lag.quantileMs(q)));
  return { p50: worst(0.5), p99: worst(0.99) };
}
