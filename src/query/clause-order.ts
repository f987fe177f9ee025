import type { PlanClause } from "../protocol/plan.ts";

/**
 * The clauses of a plan in the order in which shards add up their scores. Where each is a plain word the rarest comes
 * first: by the time that a shard reads the longest postings, it knows of most documents there that they cannot be kept.
 * Any order has the same sums up to rounding; what matters is that all shards are told the same one.
 */
export function rarestFirst(clauses: readonly PlanClause[]): PlanClause[] {
  if (!clauses.every(isPlainWord)) return [...clauses];
  return clauses.toSorted((a, b) => (b.terms[0]?.weight ?? 0) - (a.terms[0]?.weight ?? 0));
}

function isPlainWord({ occur, terms, phrase, fieldBoosts }: PlanClause): boolean {
  return occur === "optional" && terms.length === 1 && phrase === undefined && fieldBoosts === undefined;
}
