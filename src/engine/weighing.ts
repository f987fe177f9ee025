import type { Plan } from "../protocol/plan.ts";

/** Everything beside its frequencies and lengths that a document's score for one term depends on. */
export type Weighing = {
  k1: number;
  b: number;
  boosts: readonly number[];
  averages: readonly number[];
  /** Whether every text field counts, so that holding a term anywhere is a match. */
  everyField: boolean;
  /** Equal for equal weighings. */
  key: string;
};

/** The weighing of a clause: the plan's, with the clause's own field boosts where it has some. */
export function weighingOf(plan: Plan, fieldBoosts: readonly number[] = plan.fieldBoosts): Weighing {
  const { k1, b } = plan.bm25;
  const averages = plan.averageLengths;
  return {
    k1,
    b,
    boosts: fieldBoosts,
    averages,
    everyField: fieldBoosts.every((boost) => boost > 0),
    key: `${k1} ${b} ${fieldBoosts.join()} ${averages.join()}`,
  };
}

/**
 * One field's share of a term's weight in a document (Robertson, Zaragoza and Taylor, "Simple BM25 extension to
 * multiple weighted fields", 2004). The shares are summed in field order; `frequency` is at least 1.
 */
export function fieldShare(weighing: Weighing, field: number, frequency: number, length: number): number {
  const boost = weighing.boosts[field] ?? 0;
  if (boost === 0) return 0;
  const { b } = weighing;
  return (boost * frequency) / (1 - b + (b * length) / (weighing.averages[field] ?? 1));
}

/** BM25's saturation of the summed shares; 0 where no field that counts holds the term. */
export function saturate(weighing: Weighing, shares: number): number {
  return shares === 0 ? 0 : shares / (weighing.k1 + shares);
}
