import { isAmount, isCount, isCountUpTo, isListOf, isNumber, isSortValue } from "../protocol/checks.ts";
import { idBytesMax } from "../protocol/hit.ts";
import { outgrows } from "../protocol/json-depth.ts";
import { boostMax, isPlanClause, type Plan, type PlanClause, planClausesMax, planTermsMax } from "../protocol/plan.ts";
import { isRecord } from "../protocol/record.ts";
import { queryLengthMax } from "../protocol/search-request.ts";

/** What a walk keeps from its first page on, so that no score moves while statistics change: the plan's own words. */
type Kept = Pick<Plan, "epoch" | "averageLengths" | "matchAtLeast" | "clauses">;

/**
 * What a cursor says: which query of which index it goes on with, what that query rests on, and the hit that the next
 * page follows.
 */
export type CursorContent = Kept & {
  version: 1;
  index: string;
  incarnation: number;
  query: string;
  documents: number;
  documentsLeftOut?: number | undefined;
  after: NonNullable<Plan["after"]>;
};

/**
 * As large as a cursor's JSON gets where leaves take its plan: in the plan's megabyte a term has ten bytes beside its
 * letters, and here up to 46.
 */
export const contentBytesMax = 3 << 19;
const depthMax = 8;
/** A list or object for each term and each word of a phrase, four for each clause, and a few around them. */
const opensMax = planTermsMax + 5 * planClausesMax + 8;

/** Far more than any inverse document frequency. */
const weightMax = 1000;
const averageLengthMin = 1e-12;
const averageLengthMax = 1e12;
const epochLengthMax = 64;
const indexLengthMax = 64;

/**
 * Reads what a cursor says; undefined where no search can have led to it. Anyone can write one, so it may ask of the
 * leaves no more than a query may, and no score may come out of it that is no number.
 */
export function readContent(json: Buffer): CursorContent | undefined {
  if (json.length > contentBytesMax || outgrows(json, { depthMax, opensMax })) return undefined;
  const content: unknown = JSON.parse(json.toString());
  return isContent(content) ? content : undefined;
}

function isContent(value: unknown): value is CursorContent {
  return (
    isRecord(value) &&
    value.version === 1 &&
    isText(value.index, indexLengthMax) &&
    isCount(value.incarnation) &&
    typeof value.query === "string" &&
    isText(value.epoch, epochLengthMax) &&
    isCount(value.documents) &&
    (value.documentsLeftOut === undefined || isCountUpTo(value.documentsLeftOut, value.documents)) &&
    isListOf(value.averageLengths, isAverageLength) &&
    isListOf(value.clauses, isClause) &&
    isCountUpTo(value.matchAtLeast, value.clauses.length) &&
    isFew(value.clauses) &&
    isAfter(value.after)
  );
}

/** Whether it speaks of as many fields as the index has, and of as many sort values as the order has. */
export function fitsPlan({ averageLengths, clauses, after }: CursorContent, { fieldBoosts, sort }: Plan): boolean {
  const fields = fieldBoosts.length;
  return (
    averageLengths.length === fields &&
    clauses.every((clause) => (clause.fieldBoosts?.length ?? fields) === fields) &&
    after.sort?.length === sort?.length
  );
}

/** Whether a query may have as many words and terms, and phrases of that width: each of their words is a letter at least. */
function isFew(clauses: readonly PlanClause[]): boolean {
  let [words, terms, letters] = [0, 0, 0];
  for (const { phrase, terms: alternatives } of clauses) {
    words += phrase?.length ?? 1;
    terms += alternatives.length;
    if (phrase !== undefined) letters += Math.max(...phrase.map(({ offset }) => offset));
  }
  return words <= planClausesMax && terms <= planTermsMax && letters <= queryLengthMax;
}

/** A phrase has words, and all of them are among its clause's terms. */
function isClause(value: unknown): value is PlanClause {
  if (!isPlanClause(value)) return false;
  const { terms, fieldBoosts = [], phrase } = value;
  if (!terms.every(({ weight }) => weight >= 0 && weight <= weightMax)) return false;
  if (!fieldBoosts.every((boost) => boost <= boostMax)) return false;
  if (phrase === undefined) return true;
  const known = new Set(terms.map(({ term }) => term));
  return phrase.length > 0 && phrase.every(({ term, offset }) => known.has(term) && offset <= queryLengthMax);
}

function isAverageLength(value: unknown): value is number {
  return isAmount(value) && value >= averageLengthMin && value <= averageLengthMax;
}

function isAfter(value: unknown): value is CursorContent["after"] {
  return (
    isRecord(value) &&
    isText(value.id, idBytesMax) &&
    isNumber(value.score) &&
    (value.sort === undefined || isListOf(value.sort, isSortValue))
  );
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length <= lengthMax;
}
