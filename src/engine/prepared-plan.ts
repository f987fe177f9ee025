import { HedgerowError } from "../errors.ts";
import type { Plan, PlanClause } from "../protocol/plan.ts";
import type { ColumnField } from "../protocol/settings.ts";
import { lookupKey } from "./dictionary.ts";
import { type Matching, windowMax } from "./kernel.ts";
import type { TermLookup } from "./piece.ts";
import { columnNumber, type PreparedFilter, prepareFilter } from "./prepared-filter.ts";
import { type PreparedSort, prepareSort } from "./prepared-sort.ts";
import type { PreparedFacet } from "./shard-facets.ts";
import { type Weighing, weighingOf } from "./weighing.ts";

export type PreparedClause = {
  occur: PlanClause["occur"];
  weighing: Weighing;
  terms: { lookup: TermLookup; weight: number }[];
};

/** A plan with everything worked out that no piece changes. */
export type PreparedPlan = {
  clauses: PreparedClause[];
  /** The distinct weighings of the clauses. */
  weighings: Weighing[];
  matching: Matching;
  /** Whether every clause is one optional term that always adds to the score, and one is enough. */
  simple: boolean;
  /** Documents scored between two looks at the clock: fewer the more terms there are. */
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
  refuseUnknown(plan);
  const weighings = new Set<Weighing>();
  const clauses = plan.clauses.map((clause) => prepareClause(plan, clause, weighings));
  const optional = clauses.filter(({ occur }) => occur === "optional").length;
  const matching = {
    required: clauses.filter(({ occur }) => occur === "required").length,
    atLeast: optional === 0 ? 0 : plan.matchAtLeast,
  };
  const terms = clauses.reduce((sum, clause) => sum + clause.terms.length, 0);
  return {
    clauses,
    weighings: [...weighings],
    matching,
    simple: matching.atLeast <= 1 && clauses.every(isSimple),
    window: Math.max(windowMin, Math.min(windowMax, Math.floor(windowPostingsMax / Math.max(1, terms)))),
    top: plan.top,
    after: plan.after,
    filter: plan.filter && prepareFilter(plan.filter, columns),
    facets: (plan.facets ?? []).map(({ field, size }) => ({ column: columnNumber(field, columns), size })),
    sort: prepareSort(plan, columns),
  };
}

function refuseUnknown(plan: Plan): void {
  if (plan.clauses.every(({ phrase }) => phrase === undefined)) return;
  throw new HedgerowError("invalid_query", "this shard cannot evaluate a phrase");
}

function prepareClause(plan: Plan, clause: PlanClause, weighings: Set<Weighing>): PreparedClause {
  const weighing = weighingOf(plan, clause.fieldBoosts);
  weighings.add(weighing);
  const terms = clause.terms.map(({ term, weight }) => ({ lookup: { term, key: lookupKey(term) }, weight }));
  return { occur: clause.occur, weighing, terms };
}

function isSimple({ occur, terms, weighing }: PreparedClause): boolean {
  const weight = terms[0]?.weight ?? 0;
  return occur === "optional" && terms.length === 1 && weight > weightMin && weighing.everyField;
}
