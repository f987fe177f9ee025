import { deepTop, type Plan, type PlanClause } from "../protocol/plan.ts";
import type { ColumnField } from "../protocol/settings.ts";
import { lookupKey } from "./dictionary.ts";
import { type Matching, windowMax } from "./kernel.ts";
import { type PreparedPhrase, preparePhrase } from "./phrase.ts";
import type { WeightedTerm } from "./piece.ts";
import { columnNumber, type PreparedFilter, prepareFilter } from "./prepared-filter.ts";
import { type PreparedSort, prepareSort } from "./prepared-sort.ts";
import type { PreparedFacet } from "./shard-facets.ts";
import { type Weighing, weighingOf } from "./weighing.ts";

export type PreparedClause = {
  occur: PlanClause["occur"];
  weighing: Weighing;
  /** Its place among the plan's weighings. */
  weighingAt: number;
  terms: WeightedTerm[];
  /** All the terms must stand side by side. */
  phrase: PreparedPhrase | undefined;
};

/** A plan with everything worked out that no piece changes. */
export type PreparedPlan = {
  bm25: Plan["bm25"];
  clauses: PreparedClause[];
  /** The distinct weighings of the clauses. */
  weighings: Weighing[];
  matching: Matching;
  /** Whether there is no optional and no required clause, so that every document matches that is not excluded. */
  listed: boolean;
  /** Whether every clause is one optional term that always adds to the score, and one is enough. */
  simple: boolean;
  /** Documents scored between two looks at the clock: fewer the more terms there are, and where many are kept. */
  window: number;
  top: number;
  after: { id: string; score: number } | undefined;
  filter: PreparedFilter | undefined;
  facets: readonly PreparedFacet[];
  /** Absent where the order is by score. */
  sort: PreparedSort | undefined;
};

/** A window holds at most this many postings, some 100 microseconds of work. */
const windowPostingsMax = 1 << 16;
const windowMin = 1 << 8;
const weightMin = 1e-100;

/** Works a plan out. Throws `invalid_query` for what this engine cannot do, rather than leave it out in silence. */
export function preparePlan(plan: Plan, columns: readonly ColumnField[]): PreparedPlan {
  const weighings: Weighing[] = [];
  const clauses: PreparedClause[] = [];
  let [optional, required] = [0, 0];
  let simple = true;
  for (const clause of plan.clauses) {
    const prepared = prepareClause(plan, clause, weighings);
    clauses.push(prepared);
    if (prepared.occur === "optional") optional++;
    else if (prepared.occur === "required") required++;
    simple &&= isSimple(prepared);
  }
  const matching = { required, atLeast: optional === 0 ? 0 : plan.matchAtLeast };
  return {
    bm25: plan.bm25,
    clauses,
    weighings,
    matching,
    listed: optional + required === 0,
    simple: simple && matching.atLeast <= 1,
    window: plan.top < deepTop ? windowOf(clauses) : windowMin,
    top: plan.top,
    after: plan.after,
    filter: plan.filter && prepareFilter(plan.filter, columns),
    facets: (plan.facets ?? []).map(({ field, size }) => ({ column: columnNumber(field, columns), size })),
    sort: prepareSort(plan, columns),
  };
}

/** Phrases cost up to a hundred times as much a document. */
function windowOf(clauses: readonly PreparedClause[]): number {
  let terms = 0;
  for (const clause of clauses) {
    if (clause.phrase !== undefined) return windowMin;
    terms += clause.terms.length;
  }
  return Math.max(windowMin, Math.min(windowMax, Math.floor(windowPostingsMax / Math.max(1, terms))));
}

function prepareClause(plan: Plan, clause: PlanClause, weighings: Weighing[]): PreparedClause {
  const weighing = weighingOf(plan, clause.fieldBoosts);
  const known = weighings.indexOf(weighing);
  const weighingAt = known < 0 ? weighings.push(weighing) - 1 : known;
  const terms: WeightedTerm[] = [];
  for (const { term, weight } of clause.terms) terms.push({ lookup: { term, key: lookupKey(term) }, weight });
  const phrase = clause.phrase && preparePhrase(clause.phrase, namesOf(clause), weighing.boosts);
  return { occur: clause.occur, weighing, weighingAt, terms, phrase };
}

function namesOf({ terms }: PlanClause): string[] {
  return terms.map(({ term }) => term);
}

function isSimple({ occur, terms, weighing, phrase }: PreparedClause): boolean {
  const weight = terms[0]?.weight ?? 0;
  const alone = terms.length === 1 && phrase === undefined;
  return occur === "optional" && alone && weight > weightMin && weighing.everyField;
}
