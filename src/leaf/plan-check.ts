import {
  isAmount,
  isColumnValue,
  isCount,
  isCountUpTo,
  isListOf,
  isNumber,
  isSortValue,
  isString,
} from "../protocol/checks.ts";
import {
  isClauseExtras,
  isPlanClause,
  type Plan,
  type PlanFacet,
  type PlanSort,
  planClausesMax,
  planFieldsMax,
  planTermsMax,
  planTopMax,
  rangeEnds,
} from "../protocol/plan.ts";
import type { PlanExtras, PlanOpening, PlanParts } from "../protocol/plan-payload.ts";
import { isRecord } from "../protocol/record.ts";

/** A plan's reading: the plan itself, or where it does not fit. */
export type PlanReading = { kind: "plan"; plan: Plan } | Unfit;
type Unfit = { kind: "unfit"; detail: string };

export const planSizeBytesMax = 1024 * 1024;
const filterPartsMax = 10_000;
const filterDepthMax = 32;
const traceLengthMax = 64;

/** Checks the shape of a plan, and that no part of it is large enough to hang a search. */
export function checkPlan(value: unknown): PlanReading {
  if (!isRecord(value)) return unfit("it is no object");
  return isPlan(value)
    ? { kind: "plan", plan: value }
    : unfit(`${misfit(value, planFields) ?? "something in it"} does not fit`);
}

/** Whether the plan's numbers per text field are as many as the index has text fields; else what is wrong. */
export function fieldMismatch(plan: Plan, textFieldCount: number): string | undefined {
  const lists = [plan.fieldBoosts, plan.averageLengths, ...plan.clauses.map((clause) => clause.fieldBoosts)];
  const wrong = lists.find((list) => list !== undefined && list.length !== textFieldCount);
  return wrong === undefined ? undefined : `it speaks of ${wrong.length} text fields; the index has ${textFieldCount}`;
}

/** Checks what a plan begins with, as `checkPlan` does. */
export function checkOpening(value: unknown): { kind: "opening"; opening: PlanOpening } | Unfit {
  if (!isRecord(value)) return unfit("it begins with no object");
  return isOpening(value)
    ? { kind: "opening", opening: value }
    : unfit(`${misfit(value, openingFields) ?? "something in it"} does not fit`);
}

/** What of a plan's own parts does not fit, where something does not. */
export function partsMisfit({
  clauses,
  matchAtLeast,
  top,
  trace,
}: Omit<PlanParts, "opening" | "extras">): string | undefined {
  if (clauses.length > planClausesMax || termCount(clauses) > planTermsMax) return "clauses";
  for (const { terms } of clauses) for (const { weight } of terms) if (!Number.isFinite(weight)) return "clauses";
  if (matchAtLeast > planClausesMax) return "matchAtLeast";
  if (top > planTopMax) return "top";
  return trace.length > traceLengthMax ? "trace" : undefined;
}

/** Checks what few plans have, as `checkPlan` does; `clauses`: how many the plan has. */
export function checkExtras(value: unknown, clauses: number): { kind: "extras"; extras: PlanExtras } | Unfit {
  if (!isRecord(value)) return unfit("what it asks for beside words is no object");
  const { clauses: own } = value;
  if (own !== undefined && !(Array.isArray(own) && own.length === clauses && own.every(isClauseExtras)))
    return unfit("clauses does not fit");
  return isExtras(value)
    ? { kind: "extras", extras: value }
    : unfit(`${misfit(value, extraFields) ?? "something in it"} does not fit`);
}

/** Says that a plan cannot be read, and why. */
export function unfit(detail: string): Unfit {
  return { kind: "unfit", detail: `the plan cannot be read: ${detail}` };
}

function isPlan(value: Record<string, unknown>): value is Record<string, unknown> & Plan {
  return misfit(value, planFields) === undefined;
}

function isOpening(value: Record<string, unknown>): value is Record<string, unknown> & PlanOpening {
  return misfit(value, openingFields) === undefined;
}

function isExtras(value: Record<string, unknown>): value is Record<string, unknown> & PlanExtras {
  return misfit(value, extraFields) === undefined;
}

type Check = (value: unknown) => boolean;

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const listOf =
  <Item>(fits: (item: unknown) => item is Item, lengthMax: number): Check =>
  (value) =>
    isListOf(value, fits, lengthMax);

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isPositive = (value: unknown): value is number => isAmount(value) && value !== 0;
const isPlanFacet = (facet: unknown): facet is PlanFacet =>
  isRecord(facet) && isString(facet.field) && isCountUpTo(facet.size, planTopMax);
const isPlanSort = (key: unknown): key is PlanSort => isRecord(key) && isString(key.field) && isBoolean(key.descending);
const upTo =
  (countMax: number): Check =>
  (value) =>
    isCountUpTo(value, countMax);
const isTrace: Check = (value) => typeof value === "string" && value.length <= traceLengthMax;
const areClauses = (value: unknown): value is Plan["clauses"] => isListOf(value, isPlanClause, planClausesMax);

const openingChecks: Readonly<Record<keyof PlanOpening, Check>> = {
  index: isString,
  incarnation: isCount,
  epoch: isString,
  bm25: (value) => isRecord(value) && isAmount(value.k1) && isAmount(value.b) && value.b <= 1,
  fieldBoosts: listOf(isAmount, planFieldsMax),
  averageLengths: listOf(isPositive, planFieldsMax),
};

const extraChecks: Readonly<Record<keyof Omit<PlanExtras, "clauses">, Check>> = {
  filter: optional((value) => filterParts(value, 0) <= filterPartsMax),
  facets: optional(listOf(isPlanFacet, planFieldsMax)),
  sort: optional(listOf(isPlanSort, planFieldsMax)),
  after: optional(
    (value) =>
      isRecord(value) &&
      isString(value.id) &&
      isNumber(value.score) &&
      optional(listOf(isSortValue, planFieldsMax))(value.sort),
  ),
  returned: optional(listOf(isString, planFieldsMax)),
  highlight: optional(listOf(isString, planFieldsMax)),
  explain: optional(isBoolean),
  profile: optional(isBoolean),
};

const planChecks: Readonly<Record<keyof Plan, Check>> = {
  ...openingChecks,
  clauses: (value) => areClauses(value) && termCount(value) <= planTermsMax,
  matchAtLeast: upTo(planClausesMax),
  top: upTo(planTopMax),
  ...extraChecks,
  trace: optional(isTrace),
};

type Fields = readonly [name: string, check: Check][];

const openingFields: Fields = Object.entries(openingChecks);
const extraFields: Fields = Object.entries(extraChecks);
const planFields: Fields = Object.entries(planChecks);

/** The first field that does not fit. */
function misfit(value: Record<string, unknown>, fields: Fields): string | undefined {
  for (const [name, check] of fields) if (!check(value[name])) return name;
  return undefined;
}

function termCount(clauses: Plan["clauses"]): number {
  let count = 0;
  for (const { terms } of clauses) count += terms.length;
  return count;
}

/** How many parts a filter has; more than can be where it does not fit or is too deep. */
function filterParts(filter: unknown, depth: number): number {
  if (!isRecord(filter) || depth > filterDepthMax) return Number.POSITIVE_INFINITY;
  switch (filter.kind) {
    case "in":
      return isString(filter.field) && Array.isArray(filter.values) && filter.values.every(isColumnValue)
        ? 1 + filter.values.length
        : Number.POSITIVE_INFINITY;
    case "range":
      return isString(filter.field) && rangeEnds.every((end) => optional(isColumnValue)(filter[end]))
        ? 1
        : Number.POSITIVE_INFINITY;
    case "not":
      return 1 + filterParts(filter.of, depth + 1);
    case "and":
    case "or": {
      if (!Array.isArray(filter.of)) return Number.POSITIVE_INFINITY;
      let parts = 1;
      for (const part of filter.of) parts += filterParts(part, depth + 1);
      return parts;
    }
    default:
      return Number.POSITIVE_INFINITY;
  }
}
