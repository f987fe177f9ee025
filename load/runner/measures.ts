/** What was seen of one variant in one phase. Ratios are plain numbers. */
export type PhaseFigures = {
  /** Queries that were sent in this phase, and for how long that went on. */
  queries: number;
  seconds: number;
  /** Answers a second, whatever they rest on. */
  answersPerSecond: number;
  /** All but those turned away, from the instant that the query was meant to leave. */
  latencyMs: { p50: number; p95: number; p99: number; p999: number; max: number };
  /** The middle one of the rounds' 99.9th percentiles, and the queries of the round that had fewest. */
  middleRound: { p999: number; queriesMin: number };
  /** Share of the queries that were answered at all; neither turned away nor failed. */
  availability: number;
  /** Share of the queries that were answered over all documents and in their budget. */
  fullCoverageGoodput: number;
  /** Those, as a share of what the cluster answered at its limit before; 0 where that was not measured. */
  goodputOfCapacity: number;
  /** Mean share of the documents that an answer rests on; what failed rests on none. */
  coverage: number;
  errors: number;
  shed: number;
  shedShare: number;
  /** Hedges and retries for each first attempt. */
  extraAttempts: number;
  hedgeRate: number;
  /** The largest share of one leaf in the shards' answers, as a multiple of an equal share. */
  busiestLeaf: number;
};

const measures = {
  "latencyMs.p50": ({ latencyMs }) => latencyMs.p50,
  "latencyMs.p95": ({ latencyMs }) => latencyMs.p95,
  "latencyMs.p99": ({ latencyMs }) => latencyMs.p99,
  "latencyMs.p999": ({ latencyMs }) => latencyMs.p999,
  "middleRound.p999": ({ middleRound }) => middleRound.p999,
  "latencyMs.max": ({ latencyMs }) => latencyMs.max,
  answersPerSecond: (figures) => figures.answersPerSecond,
  availability: (figures) => figures.availability,
  fullCoverageGoodput: (figures) => figures.fullCoverageGoodput,
  goodputOfCapacity: (figures) => figures.goodputOfCapacity,
  coverage: (figures) => figures.coverage,
  errors: (figures) => figures.errors,
  shedShare: (figures) => figures.shedShare,
  extraAttempts: (figures) => figures.extraAttempts,
  hedgeRate: (figures) => figures.hedgeRate,
  busiestLeaf: (figures) => figures.busiestLeaf,
} as const satisfies Record<string, (figures: PhaseFigures) => number>;

export type Measure = keyof typeof measures;

/** Fewer queries than this say nothing of a figure. */
const queriesMin: Partial<Record<Measure, number>> = {
  "latencyMs.p99": 200,
  "latencyMs.p999": 2_000,
  "middleRound.p999": 2_000,
};
const queriesMinUsual = 20;

/** Whether there were enough queries to tell a figure by. */
export function isEnough(measure: Measure, { queries, middleRound }: PhaseFigures): boolean {
  const restsOn = measure === "middleRound.p999" ? middleRound.queriesMin : queries;
  return restsOn >= (queriesMin[measure] ?? queriesMinUsual);
}

/** The figures that a target may speak of. */
export const measureNames = Object.keys(measures).filter(isMeasure);

export function isMeasure(name: string): name is Measure {
  return Object.hasOwn(measures, name);
}

export function measured(measure: Measure, figures: PhaseFigures): number {
  return measures[measure](figures);
}
