import type { ExplainedClause, ExplainedField, ExplainedTerm, Explanation } from "../protocol/explanation.ts";
import type { Piece, TermLookup } from "./piece.ts";
import type { PreparedClause, PreparedPlan } from "./prepared-plan.ts";
import { fieldShare, saturate, type Weighing } from "./weighing.ts";

/** Repeats the arithmetic of a document's score, step by step. `fields`: the names of the text fields. */
export function explain(
  { clauses, bm25 }: Pick<PreparedPlan, "clauses" | "bm25">,
  fields: readonly string[],
  { piece, doc }: { piece: Piece; doc: number },
): Explanation {
  const explained: ExplainedClause[] = [];
  let score = 0;
  for (const clause of clauses) {
    const part = explainClause(clause, fields, { piece, doc });
    if (part === undefined) continue;
    score += part.score;
    explained.push(part);
  }
  return { score, k1: bm25.k1, b: bm25.b, clauses: explained };
}

function explainClause(
  { occur, terms, weighing, phrase }: PreparedClause,
  fields: readonly string[],
  place: { piece: Piece; doc: number },
): ExplainedClause | undefined {
  if (occur === "excluded") return undefined;
  if (phrase !== undefined && place.piece.phraseCheck(phrase)?.holds(place.doc) !== true) return undefined;
  const held = terms
    .map(({ lookup, weight }) => explainTerm({ lookup, weight, weighing }, fields, place))
    .filter(({ saturation }) => saturation !== 0);
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
