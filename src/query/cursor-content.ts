import type { SortValue } from "../protocol/hit.ts";
import { outgrows } from "../protocol/json-depth.ts";
import {
  boostMax,
  type PhraseTerm,
  type Plan,
  type PlanClause,
  planClausesMax,
  planTermLengthMax,
  planTermsMax,
} from "../protocol/plan.ts";
import { isRecord } from "../protocol/record.ts";
import { queryLengthMax } from "../protocol/search-request.ts";

/** What a walk keeps from its first page on, so that no score moves while statistics change: the plan's own words. */
type Kept = Pick<Plan, "epoch" | "averageLengths" | "matchAtLeast" | "clauses">;

/** What a cursor says: which query it goes on with, what that query rests on, and the hit that the next page follows. */
export type CursorContent = Kept & {
  version: 1;
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
const idLengthMax = 512;

/**
 * Reads what a cursor says; undefined where no search can have led to it. Anyone can write one, so it may ask of the
 * leaves no more than a query may, and no score may come out of it that is no number.
 */
export function readContent(json: Buffer, plan: Plan): CursorContent | undefined {
  if (json.length > contentBytesMax || outgrows(json, { depthMax, opensMax })) return undefined;
  const content: unknown = JSON.parse(json.toString());
  return isContent(content) && fitsPlan(content, plan) ? content : undefined;
}

function isContent(value: unknown): value is CursorContent {
  return (
    isRecord(value) &&
    value.version === 1 &&
    typeof value.query === "string" &&
    isText(value.epoch, epochLengthMax) &&
    isCount(value.documents, Number.MAX_SAFE_INTEGER) &&
    (value.documentsLeftOut === undefined || isCount(value.documentsLeftOut, value.documents)) &&
    isListOf(value.averageLengths, isAverageLength) &&
    isListOf(value.clauses, isClause) &&
    isCount(value.matchAtLeast, value.clauses.length) &&
    isFew(value.clauses) &&
    isAfter(value.after)
  );
}

/** Whether it speaks of as many fields as the index has, and of as many sort values as the order has. */
function fitsPlan({ averageLengths, clauses, after }: CursorContent, { fieldBoosts, sort }: Plan): boolean {
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

function isClause(value: unknown): value is PlanClause {
  return (
    isRecord(value) &&
    (value.occur === "optional" || value.occur === "required" || value.occur === "excluded") &&
    isListOf(value.terms, isTerm) &&
    (value.fieldBoosts === undefined || isListOf(value.fieldBoosts, isBoost)) &&
    (value.phrase === undefined || isPhrase(value.phrase, value.terms))
  );
}

function isBoost(value: unknown): value is number {
  return isAmount(value, boostMax);
}

function isAverageLength(value: unknown): value is number {
  return isAmount(value, averageLengthMax) && value >= averageLengthMin;
}

function isTerm(value: unknown): value is PlanClause["terms"][number] {
  return isRecord(value) && isText(value.term, planTermLengthMax) && isAmount(value.weight, weightMax);
}

/** A phrase has words, and all of them are among its clause's terms. */
function isPhrase(value: unknown, terms: PlanClause["terms"]): value is NonNullable<PlanClause["phrase"]> {
  const known = new Set<unknown>(terms.map(({ term }) => term));
  const isWord = (word: unknown): word is PhraseTerm =>
    isRecord(word) && known.has(word.term) && isCount(word.offset, queryLengthMax);
  return isListOf(value, isWord) && value.length > 0;
}

function isAfter(value: unknown): value is CursorContent["after"] {
  return (
    isRecord(value) &&
    isText(value.id, idLengthMax) &&
    Number.isFinite(value.score) &&
    (value.sort === undefined || isListOf(value.sort, isSortValue))
  );
}

function isSortValue(value: unknown): value is SortValue {
  return value === null || typeof value === "string" || Number.isFinite(value);
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length <= lengthMax;
}

function isCount(value: unknown, countMax: number): value is number {
  return isAmount(value, countMax) && Number.isInteger(value);
}

function isAmount(value: unknown, amountMax: number): value is number {
  return typeof value === "number" && value >= 0 && value <= amountMax;
}

function isListOf<Item>(value: unknown, fits: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.every(fits);
}
