import { LatencyHistogram } from "../../src/policy/histogram.ts";
import type { Phase } from "../scenario/live-section.ts";
import type { PhaseFigures } from "./measures.ts";
import type { PhaseAt } from "./phases.ts";

/** What became of one query. `atMs` is when it was meant to leave, from its leg's first query on. */
export type QueryOutcome = {
  kind: "answered" | "failed" | "shed";
  atMs: number;
  latencyMs: number;
  coverage: number;
  /** The leaves that its shards' answers came from, where the answer was looked at that closely. */
  leaves?: readonly string[];
  /** How long the root waited for the slowest of its shards, likewise. */
  slowestMs?: number;
};

/** What the root has done so far, by its own account. */
export type RootCounts = { first: number; hedges: number; retries: number };

/** A second of a run. */
export type RunSecond = {
  variant: string;
  phase: Exclude<Phase, "all"> | "warm-up";
  /** From the run's first leg on. */
  atMs: number;
  queries: number;
  answered: number;
  failed: number;
  shed: number;
  coverage: number;
  attempts: RootCounts;
  latency: LatencyHistogram;
};

type Tally = {
  queries: number;
  answered: number;
  failed: number;
  shed: number;
  inTime: number;
  coverageSum: number;
  maxMs: number;
  seconds: number;
  attempts: RootCounts;
  latency: LatencyHistogram;
  /** The latencies leg by leg. */
  rounds: LatencyHistogram[];
  leaves: Map<string, number>;
};

const secondMs = 1_000;

/** Gathers what legs of one variant show: figures by phase over all its legs, and a line for each second. */
export class VariantRecorder {
  readonly variant: string;
  readonly #budgetMs: number;
  readonly #leaves: number;
  readonly #tallies = new Map<Phase, Tally>();
  readonly seconds: RunSecond[] = [];

  constructor(options: { variant: string; budgetMs: number; leaves: number }) {
    this.variant = options.variant;
    this.#budgetMs = options.budgetMs;
    this.#leaves = options.leaves;
  }

  /** A leg that begins `startMs` after the run did. */
  leg({ startMs, durationMs, phaseAt }: { startMs: number; durationMs: number; phaseAt: PhaseAt }): LegRecorder {
    const count = Math.ceil(durationMs / secondMs);
    const seconds = Array.from({ length: count }, (_, i) =>
      this.#second(startMs + i * secondMs, phaseAt(i * secondMs)),
    );
    this.seconds.push(...seconds);
    this.#countTime(durationMs, phaseAt);
    for (const { rounds } of this.#tallies.values()) rounds.push(new LatencyHistogram());
    return new LegRecorder(seconds, (atMs) => this.#talliesAt(phaseAt(atMs)), this.#budgetMs);
  }

  /** The figures of every phase that was there. `capacity` is what the cluster answers a second at its limit. */
  figures(capacity: number | undefined): Map<Phase, PhaseFigures> {
    return new Map([...this.#tallies].map(([phase, tally]) => [phase, this.#figuresOf(tally, capacity)]));
  }

  /** All latencies of a phase, for charts and for joining with other runs. */
  histogram(phase: Phase): LatencyHistogram {
    return this.#tallies.get(phase)?.latency ?? new LatencyHistogram();
  }

  /** How many of the shards' answers that were looked at came from each leaf. */
  leafShares(): Map<string, number> {
    return this.#tallies.get("all")?.leaves ?? new Map();
  }

  #second(atMs: number, phase: RunSecond["phase"]): RunSecond {
    const attempts = { first: 0, hedges: 0, retries: 0 };
    const none = { queries: 0, answered: 0, failed: 0, shed: 0, coverage: 0 };
    return { variant: this.variant, phase, atMs, ...none, attempts, latency: new LatencyHistogram() };
  }

  #countTime(durationMs: number, phaseAt: PhaseAt): void {
    const stepMs = 10;
    for (let atMs = 0; atMs < durationMs; atMs += stepMs) {
      for (const tally of this.#talliesAt(phaseAt(atMs))) tally.seconds += stepMs / 1000;
    }
  }

  #talliesAt(phase: ReturnType<PhaseAt>): Tally[] {
    if (phase === "warm-up") return [];
    return [this.#tally(phase), this.#tally("all")];
  }

  #tally(phase: Phase): Tally {
    const known = this.#tallies.get(phase);
    if (known !== undefined) return known;
    const counts = { queries: 0, answered: 0, failed: 0, shed: 0, inTime: 0, coverageSum: 0, maxMs: 0, seconds: 0 };
    const attempts = { first: 0, hedges: 0, retries: 0 };
    const tally = {
      ...counts,
      attempts,
      latency: new LatencyHistogram(),
      rounds: [],
      leaves: new Map<string, number>(),
    };
    this.#tallies.set(phase, tally);
    return tally;
  }

  #figuresOf(tally: Tally, capacity: number | undefined): PhaseFigures {
    const { queries, answered, failed, shed, seconds, latency, attempts } = tally;
    const ended = answered + failed;
    const most = Math.max(0, ...tally.leaves.values());
    const looked = [...tally.leaves.values()].reduce((sum, count) => sum + count, 0);
    return {
      queries,
      seconds,
      answersPerSecond: ratio(answered, seconds),
      latencyMs: {
        p50: latency.quantileMs(0.5),
        p95: latency.quantileMs(0.95),
        p99: latency.quantileMs(0.99),
        p999: latency.quantileMs(0.999),
        max: tally.maxMs,
      },
      middleRound: middleOf(tally.rounds),
      availability: ratio(answered, queries),
      fullCoverageGoodput: ratio(tally.inTime, queries),
      goodputOfCapacity: capacity === undefined ? 0 : ratio(tally.inTime, seconds * capacity),
      coverage: ratio(tally.coverageSum, ended),
      errors: failed,
      shed,
      shedShare: ratio(shed, queries),
      extraAttempts: ratio(attempts.hedges + attempts.retries, attempts.first),
      hedgeRate: ratio(attempts.hedges, attempts.first),
      busiestLeaf: ratio(most * this.#leaves, looked),
    };
  }
}

/** Takes the outcomes of one leg in. */
export class LegRecorder {
  readonly #seconds: readonly RunSecond[];
  readonly #talliesAt: (atMs: number) => Tally[];
  readonly #budgetMs: number;
  #known: RootCounts | undefined;

  constructor(seconds: readonly RunSecond[], talliesAt: (atMs: number) => Tally[], budgetMs: number) {
    this.#seconds = seconds;
    this.#talliesAt = talliesAt;
    this.#budgetMs = budgetMs;
  }

  /** Counts a query. */
  record(outcome: QueryOutcome): void {
    const { kind, atMs, latencyMs, coverage } = outcome;
    const second = this.#secondAt(atMs);
    if (second !== undefined) {
      second.queries++;
      second[kind]++;
      if (kind !== "shed") {
        second.coverage += coverage;
        second.latency.record(latencyMs);
      }
    }
    for (const tally of this.#talliesAt(atMs)) {
      tally.queries++;
      tally[kind]++;
      if (kind === "shed") continue;
      tally.coverageSum += coverage;
      tally.latency.record(latencyMs);
      tally.rounds.at(-1)?.record(latencyMs);
      tally.maxMs = Math.max(tally.maxMs, latencyMs);
      if (kind === "answered" && coverage >= 1 && latencyMs <= this.#budgetMs) tally.inTime++;
      for (const leaf of outcome.leaves ?? []) tally.leaves.set(leaf, (tally.leaves.get(leaf) ?? 0) + 1);
    }
  }

  /** Takes what the root has done by `atMs`; what it did since the last time counts to where that lies. */
  recordCounts(counts: RootCounts, atMs: number): void {
    const before = this.#known;
    this.#known = counts;
    // A root that was started again counts from zero.
    if (before === undefined || counts.first < before.first) return;
    const placeMs = Math.max(0, atMs - 1);
    const attempts = [this.#secondAt(placeMs), ...this.#talliesAt(placeMs)].map((one) => one?.attempts);
    for (const into of attempts) {
      if (into === undefined) continue;
      into.first += counts.first - before.first;
      into.hedges += counts.hedges - before.hedges;
      into.retries += counts.retries - before.retries;
    }
  }

  /** What the leg has shown in its second at `atMs`. */
  secondAt(atMs: number): RunSecond | undefined {
    return this.#secondAt(atMs);
  }

  #secondAt(atMs: number): RunSecond | undefined {
    return this.#seconds[Math.floor(atMs / secondMs)];
  }
}

/** A hiccup of the machine in one round leaves the middle one of several as it is. */
function middleOf(rounds: readonly LatencyHistogram[]): PhaseFigures["middleRound"] {
  const sorted = rounds.map((round) => round.quantileMs(0.999)).sort((a, b) => a - b);
  const queriesMin = Math.min(...rounds.map(({ count }) => count));
  return { p999: sorted[sorted.length >> 1] ?? 0, queriesMin: Number.isFinite(queriesMin) ? queriesMin : 0 };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
