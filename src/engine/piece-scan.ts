import { compareIds } from "../protocol/hit.ts";
import { collectByLookup } from "./by-lookup.ts";
import { championsMax, holdsBest, leastKept, livingChampions } from "./champions.ts";
import { countDead } from "./count-dead.ts";
import { collectAlone, collectPair } from "./few-terms.ts";
import {
  type ClauseCursor,
  type Collector,
  collectMatches,
  collectSimple,
  eachTouched,
  scoreGeneral,
} from "./kernel.ts";
import { PhraseCursor } from "./phrase-cursor.ts";
import type { PieceView, WeighedPiece, WeightedTerm } from "./piece.ts";
import type { TermCursor } from "./postings.ts";
import type { PreparedClause, PreparedPlan } from "./prepared-plan.ts";
import type { PieceFacets, ShardFacets } from "./shard-facets.ts";
import { Sieve } from "./sieve.ts";
import type { BestDocuments } from "./sorted-top.ts";
import type { Tombstones } from "./tombstones.ts";
import { Top } from "./top.ts";

/** How many documents of an empty query are looked at between two looks at the clock. */
const listedAtOnce = 4096;
/** What a document that must pass a sieve or be sorted costs, in postings. */
const sievedPostings = 3;
/** What a step of looking a filter's values up costs, in postings. */
const lookedUpPostings = 10_000;
/** What a step of adding facets up costs, in postings. */
const foldedPostings = 20_000;

/** Postings of a single term that are read between two looks at the clock. */
const aloneAtOnce = 1 << 13;
/** Postings of each of a few terms that are read between two looks at the clock. */
const fewAtOnce = 1 << 12;
/** So many terms are read one after the other, their documents looked up in those behind. */
const lookedUpMax = 3;

/**
 * What a scan goes by: the shard's version, for tombstones; where the best documents are kept, and how much is added to their
 * numbers there; the shard's facets.
 */
export type ScanStart = { version: number; top: BestDocuments; start: number; facets: ShardFacets | undefined };

/** A clause whose documents, where it is a phrase, are read before each window. */
type OpenClause = ClauseCursor & { phrase?: PhraseCursor };

/** One search's way through one piece, a bounded step at a time. */
export class PieceScan implements Collector {
  readonly view: PieceView;
  readonly top: BestDocuments;
  /** What a document's number is raised by in `top`. */
  readonly #start: number;
  total = 0;
  done = false;
  readonly #plan: PreparedPlan;
  readonly version: number;
  readonly tombstones: Tombstones | undefined;
  readonly sieve: Sieve | undefined;
  readonly #facets: PieceFacets | undefined;
  /** Where champion lists may be used. */
  readonly #plainTop: Top | undefined;
  /** In the order of the plan's weighings, of which the first few are ready. */
  readonly #weighed: readonly WeighedPiece[];
  #ready = 0;
  /** The terms of a simple plan, once it is open. */
  #terms: readonly TermCursor[] | undefined;
  /** The clauses of any other. */
  #clauses: readonly OpenClause[] | undefined;
  /** Every document below it has been scored. */
  #scannedTo = 0;
  #scanned = false;

  constructor(view: PieceView, plan: PreparedPlan, { version, top, start, facets }: ScanStart) {
    this.view = view;
    this.#plan = plan;
    this.version = version;
    const { piece } = view;
    this.tombstones = piece.tombstones.count > 0 ? piece.tombstones : undefined;
    const filter = plan.filter && piece.filtered(plan.filter);
    this.#facets = facets?.open(piece);
    if (filter !== undefined || this.#facets !== undefined) this.sieve = new Sieve(filter, this.#facets);
    this.#start = start;
    this.top = top;
    if (top instanceof Top && this.#isPlain) this.#plainTop = top;
    this.#weighed = plan.weighings.map((weighing) => piece.weighed(weighing));
    while (this.#weighed[this.#ready]?.ready) this.#ready++;
  }

  get floor(): number {
    return this.top.floor;
  }

  /** Whether all documents have been covered; facets may still have to be added up. */
  get scanned(): boolean {
    return this.#scanned;
  }

  /** Live documents that have been covered. */
  get covered(): number {
    const { documents, piece } = this.view;
    const to = this.#scanned ? documents : this.#scannedTo;
    return to - piece.tombstones.countBelow(to, { documents, version: this.version });
  }

  /** Does the next step; answers roughly how many postings it read. */
  advance(): number {
    if (this.#scanned) {
      this.done = this.foldFacets();
      return foldedPostings;
    }
    if (this.sieve !== undefined && !this.sieve.ready) {
      this.sieve.prepare();
      return lookedUpPostings;
    }
    const weighed = this.#weighed[this.#ready];
    if (weighed !== undefined) {
      if (weighed.prepare()) this.#ready++;
      return listedAtOnce;
    }
    if (this.#plan.simple && !this.#plan.listed) {
      this.#terms ??= this.#openTerms();
      return this.#advanceSimple(this.#terms);
    }
    this.#clauses ??= this.#plan.clauses.map((clause) => this.#openClause(clause));
    return this.#plan.listed ? this.#list(this.#clauses) : this.#advanceGeneral(this.#clauses);
  }

  #openTerms(): readonly TermCursor[] {
    const terms: TermCursor[] = [];
    for (const clause of this.#plan.clauses) {
      const cursor = this.#openTerm(clause.terms[0], clause.weighingAt);
      if (cursor !== undefined) terms.push(cursor);
    }
    const first = terms[0];
    const second = terms[1];
    // Two scores have the same sum either way round, and merging goes by the rarer term.
    if (terms.length === 2 && first && second && second.end - second.start < first.end - first.start) terms.reverse();
    if (this.#plainTop !== undefined && this.#knowsDead) this.#foresee(terms, this.#plainTop);
    return terms;
  }

  /** Whether every living document that matches counts, and the best of all are wanted: as few as champion lists hold. */
  get #isPlain(): boolean {
    const { simple, after, top } = this.#plan;
    return simple && top > 0 && top <= championsMax && after === undefined && this.sieve === undefined;
  }

  /** Takes what champion lists tell: all there is of a single term; of more, a score that the best are sure to reach. */
  #foresee(terms: readonly TermCursor[], kept: Top): void {
    const { top } = this.#plan;
    const dead = this.#dead;
    for (const term of terms) {
      const { weight, start, end } = term;
      const champions = dead && term.champions ? livingChampions(term.champions, dead) : term.champions;
      if (champions === undefined) continue;
      kept.raise(leastKept(champions, weight, top));
      if (terms.length !== 1 || !holdsBest(champions, weight, top)) continue;
      const { docs, saturations } = champions;
      for (let i = 0; i < docs.length && weight * (saturations[i] ?? 0) >= kept.floor; i++) {
        this.offer(docs[i] ?? 0, weight * (saturations[i] ?? 0));
      }
      this.total += end - start - (dead === undefined ? 0 : countDead(dead, term, { from: start, to: end }));
      term.start = end;
    }
  }

  #openTerm(term: WeightedTerm | undefined, weighingAt: number): TermCursor | undefined {
    return term && this.#weighed[weighingAt]?.open(term, this.view.documents);
  }

  #openClause(clause: PreparedClause): OpenClause {
    const { occur, terms, weighingAt } = clause;
    const cursors = found(terms.map((term) => this.#openTerm(term, weighingAt)));
    return clause.phrase === undefined ? { occur, terms: cursors } : this.#openPhrase(clause, cursors);
  }

  #openPhrase({ occur, terms, phrase }: PreparedClause, cursors: readonly TermCursor[]): OpenClause {
    const check = phrase === undefined ? undefined : this.view.piece.phraseCheck(phrase);
    if (check === undefined || cursors.length < terms.length) return { occur, terms: [] };
    const opened = new PhraseCursor(cursors, check, this.#plan.window);
    return { occur, terms: [opened.window], phrase: opened };
  }

  #excludedWithin(clauses: readonly OpenClause[], start: number, end: number): Set<number> {
    for (const { phrase } of clauses) phrase?.fill(start, end);
    const excluded = new Set<number>();
    eachTouched(clauses, { start, end }, (doc) => void excluded.add(doc));
    return excluded;
  }

  #advanceSimple(terms: readonly TermCursor[]): number {
    const alone = terms[0];
    const other = terms[1];
    if (alone !== undefined && terms.length === 1) return this.#advanceAlone(alone);
    const start = nextDocument(terms);
    if (start === undefined) return this.#finish();
    if (terms.length <= lookedUpMax && this.#knowsDead && this.sieve === undefined) {
      const before = startsOf(terms);
      const limit = this.#limitOf(terms);
      this.total += collectByLookup(terms, { limit, collector: this, dead: this.#dead });
      return startsOf(terms) - before;
    }
    if (alone !== undefined && other !== undefined && terms.length === 2) {
      const before = startsOf(terms);
      this.total += collectPair(alone, other, { limit: this.#limitOf(terms), collector: this });
      return startsOf(terms) - before;
    }
    const end = start + this.#plan.window;
    const before = startsOf(terms);
    this.total += collectSimple(terms, { start, end }, this);
    this.#scannedTo = Math.min(end, this.view.documents);
    return this.sieve === undefined ? startsOf(terms) - before : this.#plan.window * terms.length;
  }

  /** A bit for each dead document, in this step; absent where nobody is dead, or some have died since the search began. */
  get #dead(): Uint32Array | undefined {
    return this.tombstones?.bitsAt(this.version, this.view.documents);
  }

  /** Whether bits tell the dead, or nobody is. */
  get #knowsDead(): boolean {
    return this.tombstones === undefined || this.#dead !== undefined;
  }

  #advanceAlone(term: TermCursor): number {
    if (term.start === term.end) return this.#finish();
    const to = Math.min(term.end, term.start + Math.min(aloneAtOnce, this.#plan.window));
    const read = to - term.start;
    this.total += collectAlone(term, to, this);
    this.#scannedTo = (term.docs[to - 1] ?? 0) + 1;
    return read;
  }

  /** Up to which document a step goes, so that it reads no more postings of a term than it may. */
  #limitOf(terms: readonly TermCursor[]): number {
    let limit = this.view.documents;
    for (const term of terms) limit = Math.min(limit, this.#reached(term));
    this.#scannedTo = limit;
    return limit;
  }

  /** Up to which document a step goes by a term's postings. */
  #reached({ docs, start, end }: TermCursor): number {
    const to = start + Math.min(fewAtOnce, this.#plan.window);
    return to < end ? (docs[to] ?? 0) : this.view.documents;
  }

  #advanceGeneral(clauses: readonly OpenClause[]): number {
    let start: number | undefined;
    for (const { occur, terms, phrase } of clauses) {
      const next = occur === "excluded" ? undefined : phrase === undefined ? nextDocument(terms) : phrase.next;
      if (next !== undefined && (start === undefined || next < start)) start = next;
    }
    if (start === undefined) return this.#finish();
    const end = start + this.#plan.window;
    let read = this.#plan.window;
    for (const { phrase } of clauses) read += phrase?.fill(start, end) ?? 0;
    const matches = scoreGeneral(clauses, this.#plan.matching, { start, end });
    this.total += collectMatches(matches, start, this);
    this.#scannedTo = Math.min(end, this.view.documents);
    return read;
  }

  #finish(): number {
    this.#scanned = true;
    this.done = this.#facets === undefined;
    return 1;
  }

  /** Adds the next few of the facets' counts to the shard's; true when all are in. */
  foldFacets(): boolean {
    return this.#facets?.fold() ?? true;
  }

  /** Takes a document that matches, unless it stands before the page that was asked for. */
  offer(doc: number, score: number): void {
    const { after } = this.#plan;
    if (after !== undefined && this.#plan.sort === undefined) {
      if (score > after.score) return;
      if (score === after.score && compareIds(this.view.piece.idAt(doc), after.id) <= 0) return;
    }
    this.top.offer(this.#start + doc, score);
  }

  /** The query that asks for no word: every living document that it does not exclude, with score 0. */
  #list(exclusions: readonly OpenClause[]): number {
    const { documents } = this.view;
    const to = Math.min(documents, this.#scannedTo + Math.min(listedAtOnce, this.#plan.window));
    const excluded = exclusions.length === 0 ? undefined : this.#excludedWithin(exclusions, this.#scannedTo, to);
    for (let doc = this.#scannedTo; doc < to; doc++) {
      if (this.tombstones?.isDead(doc, this.version)) continue;
      if (excluded?.has(doc)) continue;
      if (this.sieve !== undefined && !this.sieve.admits(doc)) continue;
      this.total++;
      if (this.top.floor <= 0) this.offer(doc, 0);
    }
    this.#scannedTo = to;
    if (to === documents) this.#finish();
    return this.sieve === undefined && this.#plan.sort === undefined ? listedAtOnce : listedAtOnce * sievedPostings;
  }
}

/** The cursors of the terms that the piece holds. */
function found(cursors: (TermCursor | undefined)[]): TermCursor[] {
  return cursors.every((cursor) => cursor !== undefined) ? cursors : cursors.filter((cursor) => cursor !== undefined);
}

function startsOf(terms: readonly TermCursor[]): number {
  let sum = 0;
  for (const { start } of terms) sum += start;
  return sum;
}

function nextDocument(terms: readonly TermCursor[]): number | undefined {
  let next: number | undefined;
  for (const { docs, start, end } of terms) {
    const doc = docs[start] ?? 0;
    if (start < end && (next === undefined || doc < next)) next = doc;
  }
  return next;
}
