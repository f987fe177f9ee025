import { HedgerowError } from "../errors.ts";
import type { ShardReport } from "./gather.ts";
import type { ShardAnswer } from "./merge.ts";
import { rounded } from "./rounded.ts";

/** What an answer says of what it rests on. */
export type Verdict = {
  complete: boolean;
  coverage: {
    documents: number;
    shards: { total: number; complete: number; truncated: number; missing: number };
  };
  shards: ShardVerdict[];
};

export type ShardVerdict = {
  shard: number;
  outcome: ShardReport["outcome"];
  leaf: string | null;
  attempts: number;
  hedged: boolean;
  tookMs: number;
  documents: number;
  sequence: number | null;
  errors?: readonly string[];
};

export type VerdictInput = {
  reports: readonly ShardReport[];
  answers: readonly ShardAnswer[];
  coverage: number;
  /** See `heardSequences`: as of when the shards were asked. */
  heard: readonly number[];
};

/** Sums up every shard's outcome. `complete` means that every shard is, and nothing less. */
export function verdictOf({ reports, answers, coverage, heard }: VerdictInput): Verdict {
  let [complete, truncated] = [0, 0];
  for (const { outcome } of reports) {
    if (outcome === "complete") complete++;
    else if (outcome === "truncated") truncated++;
  }
  return {
    complete: complete === reports.length,
    coverage: {
      documents: coverage,
      shards: { total: reports.length, complete, truncated, missing: reports.length - complete - truncated },
    },
    shards: reports.map((report, shard) => {
      const answer = answers.find((candidate) => candidate.shard === shard);
      return shardVerdict(report, shard, answer && Math.max(answer.reply.sequence, heard[shard] ?? 0));
    }),
  };
}

function shardVerdict(report: ShardReport, shard: number, sequence: number | undefined): ShardVerdict {
  const verdict: ShardVerdict = {
    shard,
    outcome: report.outcome,
    leaf: report.replica?.leaf ?? null,
    attempts: report.attempts,
    hedged: report.hedged,
    tookMs: rounded(report.tookMs),
    documents: report.documents,
    sequence: sequence ?? null,
  };
  if (report.errors.length > 0) verdict.errors = report.errors;
  return verdict;
}

/**
 * Throws where there is too little to answer with: nothing at all, or less than the caller wants. What each shard did
 * stands in the problem. `refusal`: why no link holds what was asked for, where leaves said so.
 */
export function requireEnough(
  verdict: Verdict,
  { minCoverage, refusal }: { minCoverage: number; refusal: string | undefined },
): void {
  const { coverage, shards } = verdict;
  const facts = { coverage, shards };
  if (shards.length > 0 && coverage.shards.missing === shards.length) throw nothing(shards, refusal).withFacts(facts);
  if (coverage.documents >= minCoverage) return;
  const detail = `${percent(coverage.documents)} of the documents could be searched, ${percent(minCoverage)} were asked for`;
  throw new HedgerowError("insufficient_coverage", detail).withFacts(facts);
}

function nothing(shards: readonly ShardVerdict[], refusal: string | undefined): HedgerowError {
  // Asking again brings the same: it is the request that has to change.
  if (refusal !== undefined) return new HedgerowError("invalid_request", refusal);
  if (shards.every(({ outcome }) => outcome === "shed"))
    return new HedgerowError("overloaded", "every shard is at its limit; come back in a second");
  if (shards.every(({ outcome }) => outcome === "unavailable")) {
    return new HedgerowError("not_ready", "no replica of any shard can be asked yet; see /readyz");
  }
  const isLate = shards.some(({ outcome }) => outcome === "late");
  const detail = isLate
    ? "not one shard answered in the budget; raise budgetMs or see shards"
    : "not one shard answered: every attempt failed, see shards";
  return new HedgerowError("deadline_exceeded", detail);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
