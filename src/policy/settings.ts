/** What the tail policy may be told. Durations in milliseconds, shares and ratios as plain numbers. */
export type PolicySettings = {
  hedge: HedgeSettings;
  budget: BudgetSettings;
  choice: ChoiceSettings;
  probation: ProbationSettings;
  deadline: DeadlineSettings;
  admission: AdmissionSettings;
};

export type HedgeSettings = {
  enabled: boolean;
  /** Which quantile of the shard's latencies an attempt may reach before it is hedged. */
  quantile: number;
  /** The window that the quantile is taken over, in `windowSlots` slots. */
  windowMs: number;
  windowSlots: number;
  /** Below this many in the window the quantile is not believed, and attempts wait for their longest instead. */
  samplesMin: number;
  /** Below this many not even the median is. */
  medianSamplesMin: number;
  /** Below this a hedge cannot beat the answer that is already on its way. */
  delayMsMin: number;
  /** The same bound in round trips. */
  delayRttMin: number;
  /** Never wait longer than this many medians: when most are fast, a bad quantile is a sick replica. */
  delayMediansMax: number;
  /** Never wait longer than this share of the time that is left. */
  delayRemainingShareMax: number;
  /** Replaces the adaptive delay; for scenarios that state one. */
  fixedDelayMs: number | undefined;
  /**
   * After this long a second attempt is sent if the first still waits in its leaf's queue; the two know of each other,
   * and the one that starts first cancels the other. Undefined: attempts are not tied.
   */
  tiedDelayMs: number | undefined;
  /** An attempt that lost is told to stop. */
  cancel: boolean;
};

export type BudgetSettings = {
  /** What each first attempt earns for extra ones. */
  deposit: number;
  /** How long a deposit can be spent. */
  windowMs: number;
  /** What is earned each second whatever the traffic, so that a quiet service can hedge too. */
  reservePerSecond: number;
  /** What share of a window's deposits young hedges leave for retries, and for hedges of attempts that have waited long. */
  retryShare: number;
};

export type ChoiceSettings = {
  /** `round-robin` and `random` are there to be compared with. */
  rule: "two-choices" | "round-robin" | "random";
  /** How fast a slow answer is forgotten. */
  peakDecayMs: number;
  /** How long a new replica takes to its full share. */
  rampMs: number;
  /** A replica of the own zone is left only for one that is this many times cheaper. */
  zoneAdvantage: number;
  /** How long a leaf's push-back keeps extra attempts away from it. */
  pushBackMs: number;
};

export type ProbationSettings = {
  enabled: boolean;
  /** Out once more than half of its last answers took this many times what was then its best sibling's median. */
  slowFactor: number;
  /** An answer within this is never slow, however fast the sibling: asking that one instead saves nobody's budget. */
  slowMsMin: number;
  /** About how many of its last answers that goes by. */
  slowSamplesMin: number;
  /** A sibling that has not answered for this long is nothing to be compared with: the times may have changed. */
  siblingMsMax: number;
  /** This many attempts in a row without an answer: out. */
  failuresInRowMax: number;
  /**
   * And from this many on where the last of them was an answer of no use: that comes at once, which makes its replica look
   * fast, so that it is asked first each time, and each time a retry is paid for.
   */
  uselessInRowMax: number;
  /** An attempt that was given up counts as a failure when it was older than this many of the shard's medians. */
  silentMedians: number;
  /** A silent replica goes out only when it has not answered for this long: a short stall is what hedges are for. */
  silentMsMin: number;
  /** No more than this share of all leaves has replicas out at a time, or one leaf. */
  outShareMax: number;
  /** How long it stays out at first; doubles with each relapse up to the longest. */
  outMs: number;
  outMsMax: number;
  /** Share of the shard's queries that are copied to a replica on probation. */
  shadowShare: number;
  /** How long it goes without a copy at most while there are queries: a service that is asked rarely must not wait for the share. */
  shadowMsMax: number;
  /**
   * A query that gets one attempt only is not copied but risked: so many others must lie between two such at least, or a
   * hung replica would cost most answers of a service that is asked rarely.
   */
  trialGapMin: number;
  /** Good answers to copies that bring it back, and slow ones that end the chance. */
  goodAnswersMin: number;
  slowAnswersMax: number;
  /** After this long without a relapse the doubling starts anew. */
  forgetMs: number;
};

export type DeadlineSettings = {
  /** Share of a query's budget that is kept for merging and sending the answer, within the two bounds. */
  mergeReserveShare: number;
  mergeReserveMsMin: number;
  mergeReserveMsMax: number;
};

export type AdmissionSettings = {
  enabled: boolean;
  /** Bounds of the limit on queries in flight, and where it begins. */
  limitStart: number;
  limitMin: number;
  limitMax: number;
  /** The limit is looked at after this long and this many answers. */
  windowMs: number;
  windowSamplesMin: number;
  /** How many times the idle median today's may take before the limit may shrink. */
  toleratedSlowdown: number;
  /** The share of their budgets that all but one in twenty queries may take before the limit may shrink. */
  toleratedBudgetShare: number;
  /** How much of each correction is made at once. */
  smoothing: number;
  /** Batch queries may fill this share of the limit. */
  batchShare: number;
  /** How long no hedges are sent after a query was shed: an extra attempt would then cost somebody a whole answer. */
  hedgeHoldMs: number;
};

/** The production defaults; the simulator's ablation says what each is worth. */
export const policyDefaults: PolicySettings = {
  hedge: {
    enabled: true,
    quantile: 0.96,
    windowMs: 30_000,
    windowSlots: 3,
    samplesMin: 100,
    medianSamplesMin: 10,
    delayMsMin: 1,
    delayRttMin: 2,
    delayMediansMax: 4,
    delayRemainingShareMax: 0.3,
    fixedDelayMs: undefined,
    tiedDelayMs: undefined,
    cancel: true,
  },
  budget: { deposit: 0.05, windowMs: 10_000, reservePerSecond: 1, retryShare: 0.3 },
  choice: { rule: "two-choices", peakDecayMs: 1_000, rampMs: 10_000, zoneAdvantage: 4, pushBackMs: 1_000 },
  probation: {
    enabled: true,
    slowFactor: 3,
    slowMsMin: 3,
    slowSamplesMin: 50,
    siblingMsMax: 5_000,
    failuresInRowMax: 7,
    uselessInRowMax: 3,
    silentMedians: 4,
    silentMsMin: 200,
    outShareMax: 0.2,
    outMs: 1_000,
    outMsMax: 60_000,
    shadowShare: 0.01,
    shadowMsMax: 1_000,
    trialGapMin: 10,
    goodAnswersMin: 5,
    slowAnswersMax: 3,
    forgetMs: 60_000,
  },
  deadline: { mergeReserveShare: 0.04, mergeReserveMsMin: 0.5, mergeReserveMsMax: 10 },
  admission: {
    enabled: true,
    limitStart: 32,
    limitMin: 4,
    limitMax: 10_000,
    windowMs: 100,
    windowSamplesMin: 20,
    toleratedSlowdown: 3,
    toleratedBudgetShare: 0.4,
    smoothing: 0.3,
    batchShare: 0.7,
    hedgeHoldMs: 1_000,
  },
};
