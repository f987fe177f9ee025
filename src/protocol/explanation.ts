/**
 * How a hit's score came about, in the numbers that were computed with, so that whoever repeats the arithmetic in this
 * order gets the same score to the last bit:
 * - a field's `share` is `boost * frequency / (1 - b + b * length / averageLength)`;
 * - a term's `saturation` is `w / (k1 + w)`, where `w` is the sum of its fields' shares; its score is `weight * saturation`;
 * - a clause's score is that of its best term, and of a phrase the sum of its terms' scores;
 * - the hit's score is the sum of its clauses' scores.
 * All sums begin at 0 and go in the order that stands here.
 */
export type Explanation = {
  score: number;
  k1: number;
  b: number;
  /** The clauses that the document meets. */
  clauses: ExplainedClause[];
};

export type ExplainedClause = {
  occur: "optional" | "required";
  kind: "word" | "phrase";
  score: number;
  /** Those of the clause's terms that the document holds. */
  terms: ExplainedTerm[];
};

export type ExplainedTerm = {
  term: string;
  /** Mostly the term's inverse document frequency in the whole index. */
  weight: number;
  saturation: number;
  score: number;
  /** The fields that hold the term and count. */
  fields: ExplainedField[];
};

export type ExplainedField = {
  field: string;
  /** How often the field holds the term, and how many terms it holds in all. */
  frequency: number;
  length: number;
  averageLength: number;
  boost: number;
  share: number;
};
