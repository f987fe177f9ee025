import { wholeSlice } from "../protocol/bytes.ts";
import { compareIds, type Hit, hitComparator, type Ranked } from "../protocol/hit.ts";
import type { DocumentSlice, ShardFacet, ShardReply } from "../protocol/link.ts";
import { deepTop, type Plan } from "../protocol/plan.ts";
import type { ColumnField } from "../protocol/settings.ts";
import type { Analyzer } from "./analyzer.ts";
import { Candidate, idsOf } from "./candidate.ts";
import { Highlighter } from "./highlight.ts";
import { DetailWork } from "./hit-details.ts";
import { firstOf, inOrder, sortedFew } from "./in-order.ts";
import type { PieceView } from "./piece.ts";
import { PieceScan } from "./piece-scan.ts";
import { Places } from "./places.ts";
import { type PreparedPlan, preparePlan } from "./prepared-plan.ts";
import { ProjectionWork } from "./projection.ts";
import { readAhead } from "./read-ahead.ts";
import { ShardFacets } from "./shard-facets.ts";
import { SortedTop } from "./sorted-top.ts";
import { Top } from "./top.ts";

/** What a search of one shard found. `sources`: each hit's document as JSON, of the fields asked for, in the hits' order. */
export type ShardResult = Omit<ShardReply, "documentSizesBytes" | "queuedMs" | "tookMs" | "profile"> & {
  sources: readonly DocumentSlice[];
};

/** A shard at one moment. */
export type ShardView = {
  /** Those that hold anything, the largest first. */
  pieces: readonly PieceView[];
  version: number;
  documents: number;
  sequence: number;
  columns: readonly ColumnField[];
  /** The names of the text fields, in index order. */
  fields: readonly string[];
  analyzer: () => Analyzer;
};

/** What is left of a document of which no field was asked for. */
const noFields = wholeSlice(Buffer.from("{}"));

/** Postings read between two looks at the clock: well under 0.2 ms. */
const unpausedPostings = 20_000;
/** Hits of a deep page that are described between two pauses. */
const describedAtOnce = 64;
/** What a step of ranking facets costs, in postings. */
const rankedPostings = 10_000;
/** What a step of looking into hits costs, in postings. */
const detailPostings = 10_000;
/** Steps that a search which was stopped still takes to tell what it counted. */
const lastFolds = 4;
/** And for the documents that it found: half a millisecond or so. */
const lastProjections = 8;
/** And to put a deep page in order: all of a short one. */
const lastCollections = 16;

/**
 * A search that can pause. It sees the shard as it was when it was prepared, whatever is written meanwhile, and any
 * number of searches may take turns. The largest pieces come first, so that stopping early leaves out the least.
 */
export class ShardSearch {
  readonly #plan: PreparedPlan;
  readonly #compare: (a: Ranked, b: Ranked) => number;
  readonly #facets: ShardFacets | undefined;
  readonly #details: DetailWork | undefined;
  readonly #withoutSources: boolean;
  readonly #projection: ProjectionWork | undefined;
  readonly #view: ShardView;
  readonly #places = new Places();
  /** The best of all pieces; absent where another order is asked for. */
  readonly #top: Top | undefined;
  #scan: PieceScan | undefined;
  /** How many pieces have been begun. */
  #begun = 0;
  /** The first of the piece that is scanned, in the order asked for. */
  #sorted: SortedTop | undefined;
  /** Those of the pieces before it; all the best once everything is scanned. */
  #best: readonly Candidate[] = [];
  /** Puts those of a piece in order, or, by score alone, all of them. */
  #collecting: Generator<void, readonly Candidate[]> | undefined;
  #stopped = false;
  readonly #deep: boolean;
  #total = 0;
  #covered = 0;
  #postings = 0;
  #ranked = false;
  #detailed = false;

  /** Throws `invalid_query` where the plan asks for what the engine cannot do. */
  constructor(plan: Plan, view: ShardView) {
    this.#plan = preparePlan(plan, view.columns);
    this.#compare = hitComparator(plan.sort);
    if (this.#plan.facets.length > 0) this.#facets = new ShardFacets(this.#plan.facets);
    this.#details = detailWork(plan, this.#plan, view);
    this.#deep = plan.top >= deepTop;
    this.#withoutSources = plan.returned?.length === 0;
    if (plan.returned !== undefined && !this.#withoutSources) this.#projection = new ProjectionWork(plan.returned);
    this.#view = view;
    if (this.#plan.sort === undefined) this.#top = new Top(plan.top, 0, (a, b) => this.#places.ranksBefore(a, b));
  }

  /** Works until it is done (true) or `shouldPause` says so (false); asks at least every 0.2 ms or so. */
  step(shouldPause: () => boolean): boolean {
    // Keeping one of many may cost as much as reading hundreds of postings.
    const unpausedMax = this.#deep ? 1 : unpausedPostings;
    let unpaused = 0;
    for (;;) {
      const work = this.#advance();
      this.#postings += work;
      unpaused += work;
      if (this.#done) return true;
      if (unpaused >= unpausedMax) {
        unpaused = 0;
        if (shouldPause()) return false;
      }
    }
  }

  /** Scans no further. `step` then only puts what was found in order and reads its documents, as long as it is let. */
  stop(): void {
    if (this.#stopped || this.#allScanned) return;
    this.#stopped = true;
    if (this.#scan !== undefined) this.#collect(this.#scan.view);
    else if (this.#top !== undefined) this.#collect(undefined);
  }

  /** Ends the search: the best so far; complete once `step` has answered true. Hits that had no time left are left out. */
  finish(): ShardResult {
    this.stop();
    for (let step = 0; step < lastCollections && this.#collecting !== undefined; step++) this.#collectOn();
    const found = this.#best;
    const sources = this.#sourcesOf(found);
    const best = sources.length < found.length ? found.slice(0, sources.length) : found;
    const complete = this.#complete;
    return {
      outcome: complete ? "complete" : "truncated",
      documents: this.#covered + (this.#scan?.covered ?? 0),
      documentsTotal: this.#view.documents,
      sequence: this.#view.sequence,
      total: this.#total + (this.#scan?.total ?? 0),
      totalExact: this.#allBegun && (this.#scan?.scanned ?? true),
      hits: this.#hitsOf(best),
      sources,
      ...(this.#facets === undefined ? {} : { facets: this.#facetReply(this.#facets) }),
    };
  }

  #hitsOf(best: readonly Candidate[]): Hit[] {
    const ids = idsOf(best);
    const hits: Hit[] = [];
    for (let place = 0; place < best.length; place++) {
      const { score = 0, sort } = best[place] ?? {};
      const hit: Hit = { id: ids[place] ?? "", score };
      if (sort !== undefined) hit.sort = sort;
      hits.push(this.#details === undefined ? hit : { ...hit, ...this.#details.of(place) });
    }
    return hits;
  }

  #sourcesOf(best: readonly Candidate[]): DocumentSlice[] {
    if (this.#withoutSources) return best.map(() => noFields);
    const projection = this.#projection;
    if (projection !== undefined) {
      for (let step = 0; step < lastProjections && !projection.done; step++) projection.advance(best);
      return projection.projected;
    }
    const sources: DocumentSlice[] = [];
    for (const { piece, doc } of best) sources.push(piece.sourceSlice(doc));
    readAhead(sources);
    return sources;
  }

  /** Postings read so far, or work worth as many. */
  get postings(): number {
    return this.#postings;
  }

  /** About how many letters the details of hits have come to, once they are all that is left to do; undefined before. */
  get detailLetters(): number | undefined {
    return this.#details !== undefined && this.#hitsKnown ? this.#details.letters : undefined;
  }

  get #complete(): boolean {
    return !this.#stopped && this.#counted && this.#projection?.done !== false;
  }

  /** Whether nothing is left to do, for all or for what was found until the search was stopped. */
  get #done(): boolean {
    return this.#hitsKnown && (this.#details === undefined || this.#detailed);
  }

  /** Whether what was found is in order, and its documents are cut down to what is asked for. */
  get #hitsKnown(): boolean {
    if (this.#collecting !== undefined || !(this.#stopped || this.#counted)) return false;
    return this.#projection?.done !== false;
  }

  /** Whether every document has been covered, and all that is told of them together is known. */
  get #counted(): boolean {
    return this.#allScanned && this.#collecting === undefined && (this.#facets === undefined || this.#ranked);
  }

  get #allScanned(): boolean {
    return this.#scan === undefined && this.#allBegun;
  }

  get #allBegun(): boolean {
    return this.#begun === this.#view.pieces.length;
  }

  /** Does the next step; answers what it cost. */
  #advance(): number {
    if (this.#collecting !== undefined) {
      this.#collectOn();
      return detailPostings;
    }
    if (this.#stopped) return this.#afterScans();
    this.#scan ??= this.#nextScan();
    if (this.#scan === undefined) return this.#afterScans();
    const work = this.#scan.advance();
    if (this.#scan.done) this.#close(this.#scan);
    return work;
  }

  /** Does a step of what can only be done once the best are known; answers what it cost. */
  #afterScans(): number {
    if (!this.#stopped && !this.#counted) {
      this.#ranked = this.#facets?.rank() ?? true;
      return rankedPostings;
    }
    if (this.#projection?.done === false) {
      this.#projection.advance(this.#best);
      return detailPostings;
    }
    this.#detailed = this.#details?.advance(this.#best) ?? true;
    return unpausedPostings;
  }

  #facetReply(facets: ShardFacets): ShardFacet[] {
    const scan = this.#scan;
    let folded = scan === undefined;
    for (let step = 0; step < lastFolds && !folded; step++) folded = scan?.foldFacets() ?? true;
    const total = this.#total + (scan?.total ?? 0);
    const covered = this.#covered + (scan?.covered ?? 0);
    return facets.reply({ uncounted: this.#view.documents - covered + (folded ? 0 : (scan?.total ?? 0)), total });
  }

  #nextScan(): PieceScan | undefined {
    const view = this.#view.pieces[this.#begun];
    if (view === undefined) return undefined;
    this.#begun++;
    const { version } = this.#view;
    const { top, sort } = this.#plan;
    const facets = this.#facets;
    if (sort !== undefined) this.#sorted = new SortedTop(top, view.piece, sort);
    const kept = this.#sorted ?? this.#top;
    if (kept === undefined) return undefined;
    const start = this.#sorted === undefined ? this.#places.enter(view.piece, view.documents) : 0;
    return new PieceScan(view, this.#plan, { version, top: kept, start, facets });
  }

  #close(scan: PieceScan): void {
    this.#total += scan.total;
    this.#covered += scan.covered;
    this.#scan = undefined;
    if (this.#top === undefined || this.#allBegun) this.#collect(scan.view);
  }

  /** Puts what is kept in order: at once, or, where it may be much, from now on in steps. */
  #collect(view: PieceView | undefined): void {
    if (this.#top !== undefined && !this.#deep) {
      this.#best = sortedFew(this.#candidates(this.#top), compareRanked);
      return;
    }
    this.#collecting =
      this.#top === undefined ? this.#firstWith(view) : inOrder(this.#candidates(this.#top), compareRanked);
    while (!this.#deep && this.#collecting !== undefined) this.#collectOn();
  }

  #collectOn(): void {
    const step = this.#collecting?.next();
    if (step?.done !== true) return;
    this.#best = step.value;
    this.#collecting = undefined;
  }

  /** The best of the pieces before and of one more. */
  *#firstWith(view: PieceView | undefined): Generator<void, readonly Candidate[]> {
    const sorted = this.#sorted;
    const kept: { doc: number; score: number }[] = [];
    sorted?.each((doc, score) => void kept.push({ doc, score }));
    const found: Candidate[] = [];
    for (const { doc, score } of kept) {
      if (view === undefined || sorted === undefined) break;
      found.push(new Candidate({ piece: view.piece, doc, score, sort: sorted.valuesOf(doc, score) }));
      if (found.length % describedAtOnce === 0) yield;
    }
    const compare = this.#compare;
    return yield* firstOf(this.#best, yield* inOrder(found, compare), { compare, top: this.#plan.top });
  }

  #candidates(top: Top): Candidate[] {
    const places = this.#places;
    const found: Candidate[] = [];
    top.each((place, score) => {
      const number = places.numberOf(place);
      const piece = places.pieceAt(number);
      if (piece === undefined) return;
      found.push(new Candidate({ piece, doc: place - places.startOf(number), score, sort: undefined }));
    });
    return found;
  }
}

/** As `compareHits`; most ties are settled with no id read, where a piece's documents are numbered in the order of theirs. */
function compareRanked(a: Candidate, b: Candidate): number {
  if (a.score !== b.score) return a.score > b.score ? -1 : 1;
  return a.piece === b.piece && a.piece.ordered ? a.doc - b.doc : compareIds(a.id, b.id);
}

function detailWork(plan: Plan, prepared: PreparedPlan, view: ShardView): DetailWork | undefined {
  const { highlight = [], explain = false } = plan;
  if (highlight.length === 0 && !explain) return undefined;
  const names = { names: view.fields, asked: highlight };
  const highlighter = highlight.length > 0 ? new Highlighter(prepared.clauses, names, view.analyzer()) : undefined;
  return new DetailWork({ plan: prepared, fields: view.fields, highlighter, explain });
}
