import type { AttemptErrorCode, ShardOutcome, ShardReport } from "./gather-contract.ts";

/** Least shares of the documents that were searched, the best first. */
export const coverageBands = ["1", "0.99", "0.9", "0.5", "0"] as const;
export type CoverageBand = (typeof coverageBands)[number];

type Scattered = {
  reports: readonly Pick<ShardReport, "outcome" | "errors">[];
  coverage: number;
  withdrawn: boolean;
};

/** What a root has gathered so far, for the metrics: a few additions for each answer. */
export class AnswerTally {
  readonly coverage: Record<CoverageBand, number> = { "1": 0, "0.99": 0, "0.9": 0, "0.5": 0, "0": 0 };
  readonly shards: Record<ShardOutcome, number> = {
    complete: 0,
    truncated: 0,
    late: 0,
    failed: 0,
    shed: 0,
    unavailable: 0,
  };
  readonly errors: Record<AttemptErrorCode, number> = {
    overloaded: 0,
    expired: 0,
    unknown_shard: 0,
    not_ready: 0,
    bad_plan: 0,
    too_large: 0,
    bad_reply: 0,
    crashed: 0,
    disconnected: 0,
  };

  /** Scatters that were called off, as nobody waited for them any more. */
  withdrawn = 0;

  /**
   * Takes in what a scatter came to, whether or not it is enough to answer with. One that was called off is no answer:
   * what had failed by then has failed, and the rest had no time to come.
   */
  record({ reports, coverage, withdrawn }: Scattered): void {
    if (withdrawn) this.withdrawn++;
    else this.coverage[bandOf(coverage)]++;
    for (const { outcome, errors } of reports) {
      if (outcome !== undefined && !withdrawn) this.shards[outcome]++;
      for (const code of errors) this.recordFailure(code);
    }
  }

  /** Takes in an attempt that ended in an error. */
  recordFailure(code: AttemptErrorCode): void {
    this.errors[code]++;
  }
}

function bandOf(coverage: number): CoverageBand {
  if (coverage >= 1) return "1";
  if (coverage >= 0.99) return "0.99";
  if (coverage >= 0.9) return "0.9";
  return coverage >= 0.5 ? "0.5" : "0";
}
