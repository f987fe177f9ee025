import { isAmount, isCountUpTo, isListOf, isNumber } from "./checks.ts";
import type { SortValue } from "./hit.ts";
import { isRecord } from "./record.ts";

/** The most clauses that a plan may hold: about as many words as a query may have. */
export const planClausesMax = 1024;

/** The most terms that a plan may hold, in all its clauses. */
export const planTermsMax = 10_000;

/** The most letters that a term of a plan may have: their UTF-8 is named by a size of two bytes. */
const planTermLengthMax = 20_000;

/** The most fields that a part of a plan may speak of. */
export const planFieldsMax = 1000;

/** The most that a field may count. */
export const boostMax = 1000;

/** The least that a text field of an index may count: of less than 1e-310 a word's worth may be rounded to nothing. */
export const boostMin = 1e-100;

/** The most hits that a plan may ask of a shard. */
export const planTopMax = 10_000;

/** From so many on, to keep a hit and to put it in order costs as much as reading hundreds of postings: in slices, then. */
export const deepTop = 256;

/** A word that is being typed stands for at most this many terms: each letter asks anew, the first ones for the most. */
export const typingTermsMax = 256;

/**
 * Only so many words of a query that the index does not hold are looked up by edits, the first ones: each takes half a
 * millisecond among a hundred thousand words, the more so where there is nothing near. By count and not by the clock, so
 * that every root makes the same plan.
 */
export const lookupsMax = 16;

/**
 * The most words times hits whose scores are explained. Every shard tells of as many, in half a kilobyte each that a root
 * reads in one go.
 */
export const explainedWordsMax = 5000;

/** One analyzed term with its weight: the clause's boost times the term's inverse document frequency. */
export type PlanTerm = { term: string; weight: number };

/**
 * What one word of the query became. A document matches a clause when it holds any of the terms (or the phrase) in one
 * of the fields; its score for the clause is the best term's (a word and its expansions count once).
 */
export type PlanClause = {
  occur: "optional" | "required" | "excluded";
  terms: readonly PlanTerm[];
  /** The weight of each text field for this clause, where it differs from the plan's; 0 leaves the field out. */
  fieldBoosts?: readonly number[];
  /** Analyzed terms that must stand side by side; `terms` then holds them too, each once, all of them needed. */
  phrase?: readonly PhraseTerm[];
};

/** A term of a phrase and its offset from the phrase's first word (stop words leave gaps). */
export type PhraseTerm = { term: string; offset: number };

const offsetMax = 1_000_000;

/** Whether a value is a clause, no longer than a plan may be; how much its numbers may be is for whoever reads it to say. */
export function isPlanClause(value: unknown): value is PlanClause {
  return (
    isRecord(value) &&
    (value.occur === "optional" || value.occur === "required" || value.occur === "excluded") &&
    isListOf(value.terms, isPlanTerm, planTermsMax) &&
    isClauseExtras(value)
  );
}

/** Whether a value has what few clauses have, of that form, or has none of it. */
export function isClauseExtras(value: unknown): value is Pick<PlanClause, "fieldBoosts" | "phrase"> {
  return (
    isRecord(value) &&
    (value.fieldBoosts === undefined || isListOf(value.fieldBoosts, isAmount, planFieldsMax)) &&
    (value.phrase === undefined || isListOf(value.phrase, isPhraseTerm, planClausesMax))
  );
}

function isPlanTerm(value: unknown): value is PlanTerm {
  return (
    isRecord(value) &&
    typeof value.term === "string" &&
    value.term.length <= planTermLengthMax &&
    isNumber(value.weight)
  );
}

function isPhraseTerm(value: unknown): value is PhraseTerm {
  return isRecord(value) && typeof value.term === "string" && isCountUpTo(value.offset, offsetMax);
}

/** The ends that a range may have; all that it has hold for one and the same value. */
export const rangeEnds = ["gte", "gt", "lte", "lt"] as const;
export type RangeEnds = Partial<Record<(typeof rangeEnds)[number], number | string>>;

/** A tree of conditions on columns. Values of dates are milliseconds since 1970, booleans 0 and 1. */
export type PlanFilter =
  | { kind: "in"; field: string; values: readonly (string | number)[] }
  | ({ kind: "range"; field: string } & RangeEnds)
  | { kind: "not"; of: PlanFilter }
  | { kind: "and" | "or"; of: readonly PlanFilter[] };

export type PlanFacet = { field: string; size: number };
export type PlanSort = { field: string; descending: boolean };

/** What the score is called among the fields to sort by. */
export const scoreName = "_score";

/**
 * Everything a leaf needs to score one query on one shard: no leaf ever looks at statistics of its own, so every
 * replica of every layout computes the same floats. The same bytes go to all shards.
 */
export type Plan = {
  index: string;
  incarnation: number;
  /** The statistics that the weights come from. */
  epoch: string;
  bm25: { k1: number; b: number };
  /** Weight and global average length of each text field, in index order; weight 0: not searched. */
  fieldBoosts: readonly number[];
  averageLengths: readonly number[];
  /**
   * In the order in which scores are summed, which is the same for all shards. Without an optional or required clause every document
   * that no excluded clause matches, matches with score 0. A clause without terms matches no document.
   */
  clauses: readonly PlanClause[];
  /**
   * How many optional clauses must match. 0: none, as long as there is a required clause; with optional clauses alone
   * at least one must match.
   */
  matchAtLeast: number;
  /** How many best hits to return: the page's `from + size`. */
  top: number;
  filter?: PlanFilter;
  facets?: readonly PlanFacet[];
  /** Absent: by score. The field `scoreName` is the score. */
  sort?: readonly PlanSort[];
  /** Only hits strictly after this one in sort order. */
  after?: { id: string; score: number; sort?: readonly SortValue[] };
  /** The document fields to return; absent: the whole source. Empty: none. */
  returned?: readonly string[];
  highlight?: readonly string[];
  explain?: boolean;
  /** The leaf is to tell of its own work, see `leaf-profile`. */
  profile?: boolean;
  /** The query's W3C `traceparent`, for what the leaf says of it in its log. */
  trace?: string;
};
