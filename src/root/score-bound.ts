import type { Plan, PlanClause } from "../protocol/plan.ts";

/** The most that a term can be worth before its weight, with some boosts of fields. */
export type SaturationBound = (term: string, fieldBoosts: readonly number[]) => number;

/** Bounds are computed in another order than scores, so that the last bits may differ. */
const slack = 1 + 1e-9;

/**
 * No document scores more than this where no term is worth more than `saturationOf` says; 0 where nothing can match
 * but with score 0. A clause is worth its best term, a phrase the sum of its terms where all of them stand.
 */
export function scoreBound(plan: Plan, saturationOf: SaturationBound): number {
  let bound = 0;
  for (const clause of plan.clauses) {
    if (clause.occur === "excluded") continue;
    const worth = clauseBound(clause, (term) => saturationOf(term, clause.fieldBoosts ?? plan.fieldBoosts));
    if (worth === undefined && clause.occur === "required") return 0;
    bound += worth ?? 0;
  }
  return bound * slack;
}

/** Undefined where no document can meet the clause. */
function clauseBound({ terms, phrase }: PlanClause, saturationOf: (term: string) => number): number | undefined {
  const worths = terms.map(({ term, weight }) => ({ weight, saturation: saturationOf(term) }));
  const met = worths.filter(({ saturation }) => saturation > 0);
  if (met.length === 0 || (phrase !== undefined && met.length < worths.length)) return undefined;
  const values = met.map(({ weight, saturation }) => weight * saturation);
  return phrase === undefined ? Math.max(0, ...values) : values.reduce((sum, value) => sum + Math.max(0, value), 0);
}
