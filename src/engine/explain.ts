import type { ExplainedClause, ExplainedField, ExplainedTerm, Explanation } from "../protocol/explanation.ts";
import type { Piece, TermLookup } from "./piece.ts";
import type { PreparedClause, PreparedPlan } from "./prepared-plan.ts";
import { fieldShare, saturate, type Weighing } from "./weighing.ts";

/** Terms that are looked up in a document between two pauses: they may be in memory that is far, and documents long. */
const pauseTerms = 64;

/**
 * Repeats the arithmetic of a document's score, step by step; pauses (yields) well within every millisecond. `fields`: the
 * names of the text fields.
 */
export function* explain(
  { clauses, bm25 }: Pick<PreparedPlan, "clauses" | "bm25">,
  fields: readonly string[],
  place: { piece: Piece; doc: number },
): Generator<void, Explanation> {
  const explained: ExplainedClause[] = [];
  let score = 0;
  let unpaused = 0;
  for (const clause of clauses) {
    const part = yield* explainClause(clause, fields, place);
    // For a phrase the document has been read.
    unpaused += clause.phrase === undefined ? clause.terms.length : pauseTerms;
    if (unpaused >= pauseTerms) {
      unpaused = 0;
      yield;
    }
    if (part === undefined) continue;
    score += part.score;
    explained.push(part);
  }
  return { score, k1: bm25.k1, b: bm25.b, clauses: explained };
}

function* explainClause(
  { occur, terms, weighing, phrase }: PreparedClause,
  fields: readonly string[],
  place: { piece: Piece; doc: number },
): Generator<void, ExplainedClause | undefined> {
  if (occur === "excluded") return undefined;
  if (phrase !== undefined && place.piece.phraseCheck(phrase)?.holds(place.doc) !== true) return undefined;
  const held: ExplainedTerm[] = [];
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i];
    if (term === undefined) continue;
    const explained = explainTerm({ ...term, weighing }, fields, place);
    if (explained.saturation !== 0) held.push(explained);
    if (i % pauseTerms === pauseTerms - 1) yield;
  }
  if (held.length === 0) return undefined;
  const score =
    phrase === undefined
      ? held.reduce((best, term) => Math.max(best, term.score), 0)
      : held.reduce((sum, term) => sum + term.score, 0);
  return { occur, kind: phrase === undefined ? "word" : "phrase", score, terms: held };
}

function explainTerm(
  { lookup, weight, weighing }: { lookup: TermLookup; weight: number; weighing: Weighing },
  names: readonly string[],
  { piece, doc }: { piece: Piece; doc: number },
): ExplainedTerm {
  const frequencies = piece.frequenciesOf(doc, lookup);
  const lengths = piece.lengthsOf(doc);
  const fields: ExplainedField[] = [];
  let shares = 0;
  frequencies.forEach((frequency, field) => {
    const boost = weighing.boosts[field] ?? 0;
    if (frequency === 0 || boost === 0) return;
    const length = lengths[field] ?? 0;
    const averageLength = weighing.averages[field] ?? 1;
    const share = fieldShare(weighing, field, { frequency, length });
    shares += share;
    fields.push({ field: names[field] ?? "", frequency, length, averageLength, boost, share });
  });
  const saturation = saturate(weighing, shares);
  return { term: lookup.term, weight, saturation, score: weight * saturation, fields };
}
