import type { Plan } from "../protocol/plan.ts";

/** Everything beside its frequencies and lengths that a document's score for one term depends on. */
export type Weighing = {
  k1: number;
  b: number;
  boosts: readonly number[];
  averages: readonly number[];
  /** Whether every text field counts, so that holding a term anywhere is a match. */
  everyField: boolean;
};

const recentMax = 16;
const recent: Weighing[] = [];
/** The one that was asked for last, and by which lists: plans of one epoch share theirs. */
let latest: { weighing: Weighing; bm25: Plan["bm25"]; boosts: object; averages: object } | undefined;

/**
 * The weighing of a clause: the plan's, with the clause's own field boosts where it has some. Equal ones are mostly the
 * same object, so that what was computed under one is found again by it.
 */
export function weighingOf(plan: Plan, fieldBoosts: readonly number[] = plan.fieldBoosts): Weighing {
  const { bm25, averageLengths: averages } = plan;
  if (latest?.averages === averages && latest.boosts === fieldBoosts && latest.bm25 === bm25) return latest.weighing;
  const weighing = recent.find((one) => isWeighing(one, plan, fieldBoosts)) ?? addWeighing(plan, fieldBoosts);
  latest = { weighing, bm25, boosts: fieldBoosts, averages };
  return weighing;
}

function addWeighing(plan: Plan, fieldBoosts: readonly number[]): Weighing {
  const { k1, b } = plan.bm25;
  const everyField = fieldBoosts.every((boost) => boost > 0);
  const weighing = { k1, b, boosts: [...fieldBoosts], averages: [...plan.averageLengths], everyField };
  recent.unshift(weighing);
  recent.length = Math.min(recent.length, recentMax);
  return weighing;
}

function isWeighing(weighing: Weighing, plan: Plan, fieldBoosts: readonly number[]): boolean {
  const { k1, b, boosts, averages } = weighing;
  return k1 === plan.bm25.k1 && b === plan.bm25.b && same(boosts, fieldBoosts) && same(averages, plan.averageLengths);
}

function same(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** How often a field holds a term, at least once, and how many terms it holds in all. */
export type TermUse = { frequency: number; length: number };

/**
 * One field's share of a term's weight in a document (Robertson, Zaragoza and Taylor, "Simple BM25 extension to
 * multiple weighted fields", 2004). The shares are summed in field order.
 */
export function fieldShare(weighing: Weighing, field: number, { frequency, length }: TermUse): number {
  const boost = weighing.boosts[field] ?? 0;
  if (boost === 0) return 0;
  const { b } = weighing;
  return (boost * frequency) / (1 - b + (b * length) / (weighing.averages[field] ?? 1));
}

/** BM25's saturation of the summed shares; 0 where no field that counts holds the term. */
export function saturate(weighing: Weighing, shares: number): number {
  return shares === 0 ? 0 : shares / (weighing.k1 + shares);
}
