import type { SortValue } from "../protocol/hit.ts";
import type { Piece } from "./piece.ts";

/** A document that may become a hit; its id is read when somebody asks for it. */
export class Candidate {
  readonly piece: Piece;
  readonly doc: number;
  readonly score: number;
  readonly sort: SortValue[] | undefined;
  #id: string | undefined;

  constructor({ piece, doc, score, sort }: Pick<Candidate, "piece" | "doc" | "score" | "sort">) {
    this.piece = piece;
    this.doc = doc;
    this.score = score;
    this.sort = sort;
  }

  get id(): string {
    this.#id ??= this.piece.idAt(this.doc);
    return this.#id;
  }
}

/** The candidates' ids, read at once where all stand in one piece, as they mostly do. */
export function idsOf(candidates: readonly Candidate[]): string[] {
  const [first] = candidates;
  if (first === undefined) return [];
  if (candidates.some(({ piece }) => piece !== first.piece)) return candidates.map(({ id }) => id);
  return first.piece.idsAt(candidates.map(({ doc }) => doc));
}
