import type { WriteOutcome } from "./log.ts";

/** Writes that followed each other and succeeded alike: `count` of them, the first at `sequence`. */
type WrittenRun = { kind: "written"; sequence: number; found: boolean; count: number };

/**
 * The outcomes of an append, shortened: a bulk request whose writes all succeed is one run whatever its size. That is
 * what crosses threads and what is kept for a repeated request.
 */
export type OutcomeRun = WrittenRun | Extract<WriteOutcome, { kind: "conflict" }>;

/** Adds an outcome to the end of `runs`. */
export function addOutcome(runs: OutcomeRun[], outcome: WriteOutcome): void {
  if (outcome.kind === "conflict") {
    runs.push(outcome);
    return;
  }
  const last = runs.at(-1);
  const { sequence, found } = outcome;
  if (last?.kind === "written" && last.found === found && last.sequence + last.count === sequence) last.count++;
  else runs.push({ kind: "written", sequence, found, count: 1 });
}

/** The outcomes that were added, in their order. */
export function outcomesOf(runs: readonly OutcomeRun[]): WriteOutcome[] {
  const outcomes: WriteOutcome[] = [];
  for (const run of runs) {
    if (run.kind === "conflict") {
      outcomes.push(run);
      continue;
    }
    const { kind, sequence, found, count } = run;
    for (let i = 0; i < count; i++) outcomes.push({ kind, sequence: sequence + i, found });
  }
  return outcomes;
}
