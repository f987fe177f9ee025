import { compareIds } from "../protocol/hit.ts";
import {
  type ClauseCursor,
  type Collector,
  collectMatches,
  collectSimple,
  scoreGeneral,
  type TermCursor,
} from "./kernel.ts";
import type { PieceView, WeighedPiece } from "./piece.ts";
import type { PreparedClause, PreparedPlan } from "./prepared-plan.ts";
import type { Tombstones } from "./tombstones.ts";
import { Top } from "./top.ts";
import type { Weighing } from "./weighing.ts";

/** How many documents of an empty query are looked at between two looks at the clock. */
const listedAtOnce = 4096;

/** One search's way through one piece, a bounded step at a time. */
export class PieceScan implements Collector {
  readonly view: PieceView;
  readonly top: Top;
  total = 0;
  done = false;
  readonly #plan: PreparedPlan;
  readonly version: number;
  readonly tombstones: Tombstones | undefined;
  readonly #weighed: Map<Weighing, WeighedPiece>;
  readonly #unready: WeighedPiece[];
  #cursors: { simple: TermCursor[]; clauses: ClauseCursor[] } | undefined;
  /** Every document below it has been scored. */
  #scannedTo = 0;

  /** `version`: of the shard, for tombstones. `floor`: the least score that is worth keeping. */
  constructor(view: PieceView, plan: PreparedPlan, { version, floor }: { version: number; floor: number }) {
    this.view = view;
    this.#plan = plan;
    this.version = version;
    const { piece } = view;
    this.tombstones = piece.tombstones.count > 0 ? piece.tombstones : undefined;
    const before = piece.ordered
      ? (a: number, b: number) => a < b
      : (a: number, b: number) => compareIds(piece.idAt(a), piece.idAt(b)) < 0;
    this.top = new Top(plan.top, floor, before);
    this.#weighed = new Map(plan.weighings.map((weighing) => [weighing, piece.weighed(weighing)]));
    this.#unready = [...this.#weighed.values()];
  }

  get floor(): number {
    return this.top.floor;
  }

  /** Live documents that have been covered. */
  get covered(): number {
    const to = this.done ? this.view.documents : this.#scannedTo;
    return to - this.view.piece.tombstones.countWithin(0, to, this.version);
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
    const simple = this.#plan.simple ? clauses.flatMap(({ terms }) => terms) : [];
    // Two scores have the same sum either way round, and the last term's documents cost the least.
    if (simple.length === 2) simple.sort((a, b) => a.end - a.start - (b.end - b.start));
    return { simple, clauses };
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
    const start = nextDocument(terms);
    if (start === undefined) return this.#finish();
    const end = start + this.#plan.window;
    const before = this.total;
    this.total += collectSimple(terms, { start, end }, this);
    this.#scannedTo = Math.min(end, this.view.documents);
    return (this.total - before) * terms.length;
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
    this.total += collectMatches(matches, start, this);
    this.#scannedTo = Math.min(end, this.view.documents);
    return this.#plan.window;
  }

  #finish(): number {
    this.done = true;
    return 1;
  }

  /** Takes a document that matches, unless it stands before the page that was asked for. */
  offer(doc: number, score: number): void {
    const { after } = this.#plan;
    if (after !== undefined) {
      if (score > after.score) return;
      if (score === after.score && compareIds(this.view.piece.idAt(doc), after.id) <= 0) return;
    }
    this.top.offer(doc, score);
  }

  /** The empty query: every living document, with score 0. */
  #list(): number {
    const { documents } = this.view;
    const to = Math.min(documents, this.#scannedTo + listedAtOnce);
    for (let doc = this.#scannedTo; doc < to; doc++) {
      if (this.tombstones?.isDead(doc, this.version)) continue;
      this.total++;
      if (this.top.floor <= 0) this.offer(doc, 0);
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
