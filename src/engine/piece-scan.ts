import { compareIds } from "../protocol/hit.ts";
import {
  type ClauseCursor,
  scoreGeneral,
  scoreSimple,
  type TermCursor,
  type WindowMatches,
  windowMax,
} from "./kernel.ts";
import type { PieceView, WeighedPiece } from "./piece.ts";
import type { PreparedClause, PreparedPlan } from "./prepared-plan.ts";
import { Top } from "./top.ts";
import type { Weighing } from "./weighing.ts";

/** How many documents of an empty query are looked at between two looks at the clock. */
const listedAtOnce = 4096;

/** One search's way through one piece, a bounded step at a time. */
export class PieceScan {
  readonly view: PieceView;
  readonly top: Top;
  total = 0;
  done = false;
  readonly #plan: PreparedPlan;
  readonly #version: number;
  readonly #weighed: Map<Weighing, WeighedPiece>;
  readonly #unready: WeighedPiece[];
  #cursors: { simple: TermCursor[]; clauses: ClauseCursor[] } | undefined;
  /** Every document below it has been scored. */
  #scannedTo = 0;

  /** `version`: of the shard, for tombstones. `floor`: the least score that is worth keeping. */
  constructor(view: PieceView, plan: PreparedPlan, { version, floor }: { version: number; floor: number }) {
    this.view = view;
    this.#plan = plan;
    this.#version = version;
    const { piece } = view;
    const before = piece.ordered
      ? (a: number, b: number) => a < b
      : (a: number, b: number) => compareIds(piece.idAt(a), piece.idAt(b)) < 0;
    this.top = new Top(plan.top, floor, before);
    this.#weighed = new Map(plan.weighings.map((weighing) => [weighing, piece.weighed(weighing)]));
    this.#unready = [...this.#weighed.values()];
  }

  /** Live documents that have been covered. */
  get covered(): number {
    const to = this.done ? this.view.documents : this.#scannedTo;
    return to - this.view.piece.tombstones.countWithin(0, to, this.#version);
  }

  /** Does the next step; answers roughly how many postings it read. */
  advance(): number {
    if (this.#plan.clauses.length === 0) return this.#list();
    const weighed = this.#unready[0];
    if (weighed !== undefined) {
      if (weighed.prepare()) this.#unready.shift();
      return listedAtOnce;
    }
    this.#cursors ??= this.#open();
    return this.#plan.simple ? this.#advanceSimple(this.#cursors.simple) : this.#advanceGeneral(this.#cursors.clauses);
  }

  #open(): { simple: TermCursor[]; clauses: ClauseCursor[] } {
    const clauses = this.#plan.clauses.map((clause) => this.#openClause(clause));
    return { simple: this.#plan.simple ? clauses.flatMap(({ terms }) => terms) : [], clauses };
  }

  #openClause({ occur, terms, weighing }: PreparedClause): ClauseCursor {
    const cursors: TermCursor[] = [];
    for (const { lookup, weight } of terms) {
      const postings = this.#weighed.get(weighing)?.postings(lookup, this.view.documents);
      if (postings === undefined) continue;
      const { docs, codes, start, end, saturation } = postings;
      cursors.push({ docs, codes, start, end, saturation, weight });
    }
    return { occur, terms: cursors };
  }

  #advanceSimple(terms: readonly TermCursor[]): number {
    const only = terms.length === 1 ? terms[0] : undefined;
    if (only !== undefined) return this.#advanceSingle(only);
    const start = nextDocument(terms);
    if (start === undefined) return this.#finish();
    const end = start + this.#plan.window;
    const matches = scoreSimple(terms, start, end);
    this.#collect(matches, start);
    this.#scannedTo = Math.min(end, this.view.documents);
    return matches.count * terms.length;
  }

  /** One term alone needs no sums: its postings are its matches. */
  #advanceSingle(cursor: TermCursor): number {
    const { docs, codes, saturation, weight, start } = cursor;
    const { tombstones } = this.view.piece;
    const anyDead = tombstones.count > 0;
    const { top } = this;
    const end = Math.min(cursor.end, start + windowMax);
    let dead = 0;
    for (let i = start; i < end; i++) {
      const doc = docs[i] ?? 0;
      if (anyDead && tombstones.isDead(doc, this.#version)) dead++;
      else {
        const score = weight * (saturation[codes[i] ?? 0] ?? 0);
        if (score >= top.floor) this.#offer(doc, score);
      }
    }
    this.total += end - start - dead;
    cursor.start = end;
    this.#scannedTo = end === cursor.end ? this.view.documents : (docs[end - 1] ?? 0) + 1;
    this.done = end === cursor.end;
    return end - start;
  }

  #advanceGeneral(clauses: readonly ClauseCursor[]): number {
    let start: number | undefined;
    for (const { occur, terms } of clauses) {
      const next = occur === "excluded" ? undefined : nextDocument(terms);
      if (next !== undefined && (start === undefined || next < start)) start = next;
    }
    if (start === undefined) return this.#finish();
    const end = start + this.#plan.window;
    const matches = scoreGeneral(clauses, this.#plan.matching, { start, end });
    this.#collect(matches, start);
    this.#scannedTo = Math.min(end, this.view.documents);
    return this.#plan.window;
  }

  #finish(): number {
    this.done = true;
    return 1;
  }

  #collect({ count, touched, scores }: WindowMatches, start: number): void {
    const { tombstones } = this.view.piece;
    const anyDead = tombstones.count > 0;
    const { top } = this;
    let total = this.total;
    for (let i = 0; i < count; i++) {
      const at = touched[i] ?? 0;
      const score = scores[at] ?? 0;
      scores[at] = 0;
      if (anyDead && tombstones.isDead(start + at, this.#version)) continue;
      total++;
      if (score >= top.floor) this.#offer(start + at, score);
    }
    this.total = total;
  }

  #offer(doc: number, score: number): void {
    const { after } = this.#plan;
    if (after !== undefined) {
      if (score > after.score) return;
      if (score === after.score && compareIds(this.view.piece.idAt(doc), after.id) <= 0) return;
    }
    this.top.offer(doc, score);
  }

  /** The empty query: every living document, with score 0. */
  #list(): number {
    const { piece, documents } = this.view;
    const to = Math.min(documents, this.#scannedTo + listedAtOnce);
    for (let doc = this.#scannedTo; doc < to; doc++) {
      if (piece.tombstones.count > 0 && piece.tombstones.isDead(doc, this.#version)) continue;
      this.total++;
      if (this.top.floor <= 0) this.#offer(doc, 0);
    }
    this.#scannedTo = to;
    this.done = to === documents;
    return listedAtOnce;
  }
}

function nextDocument(terms: readonly TermCursor[]): number | undefined {
  let next: number | undefined;
  for (const { docs, start, end } of terms) {
    const doc = docs[start] ?? 0;
    if (start < end && (next === undefined || doc < next)) next = doc;
  }
  return next;
}
