import type { Plan } from "../protocol/plan.ts";
import { type ColumnField, columnFields, type IndexSettings, textFields } from "../protocol/settings.ts";
import type { StatisticsCursor, StatisticsDelta } from "../protocol/statistics.ts";
import { type Random, systemRandom } from "../time.ts";
import type { Analyzer } from "./analyzer.ts";
import { analyzerFor } from "./analyzers.ts";
import { type ColumnKind, columnKind } from "./column-data.ts";
import { type LookupKey, lookupKey } from "./dictionary.ts";
import type { AnalyzedDocument } from "./document.ts";
import { freshCounts } from "./fresh-counts.ts";
import { Journal } from "./journal.ts";
import { addLengths } from "./lengths.ts";
import { Memtable } from "./memtable.ts";
import type { Piece, PieceView } from "./piece.ts";
import { Segment } from "./segment.ts";
import type { SegmentData } from "./segment-data.ts";
import { ShardSearch, type ShardView } from "./shard-search.ts";
import { Superseded } from "./superseded.ts";
import { documentCounts, documentWords, type TermCounts } from "./term-counts.ts";
import { firstVersion, type Tombstones } from "./tombstones.ts";

/** A living document's place. */
export type Place = { piece: Piece; doc: number };

/** A shard as it was under one sequence, with what holds it: what dies later does so at a later version. */
export type ShardCapture = {
  sequence: number;
  version: number;
  segments: { data: SegmentData; tombstones: Tombstones }[];
  memtables: { memtable: Memtable; documents: number }[];
};

/** What is ready to become visible: nothing of it can be searched before `publish`. */
export type Staged = {
  /** Appends a document to the memtable, in the place of the one with its id. */
  put(document: AnalyzedDocument): void;
  /** Adds a segment; each of its ids must then be passed to `supersede`. */
  add(segment: Segment): void;
  /** Takes the living document with an id away, if there is one. */
  supersede(id: LookupKey): void;
  /** See `Shard.warm`. */
  warm(segment: Segment): Generator<void, void>;
};

/** A stage's two ends: everything at once, under the sequence it reaches, or nothing. */
export type Stage = { staged: Staged; publish(sequence: number): void; abandon(): void };

const statisticsPage = 2000;
/** How many documents that had died before are passed over without coming back. */
const passedAtOnce = 256;
/** How many documents that are dead are restored without coming back. */
const restoredAtOnce = 16;
/** A journal longer than this many times what a fresh one would be is started over. */
const journalSlack = 4;

/**
 * One replica's copy of one shard: sealed segments, frozen memtables and a live one. All changes of a batch become
 * visible at once, under the next version; searches see the version they began with.
 */
export class Shard {
  readonly #fields: number;
  readonly #textFields: readonly string[];
  readonly #analyzer: () => Analyzer;
  readonly #columns: readonly ColumnField[];
  readonly #columnKinds: readonly ColumnKind[];
  readonly #journal: Journal;
  #pieces: Piece[] = [];
  #memtable: Memtable;
  /** Documents of the live memtable that may be seen. */
  #visible = 0;
  #version = firstVersion;
  #sequence = 0;
  #documents = 0;
  readonly #lengths: number[];
  /** As searches see it; none once anything has changed. */
  #view: ShardView | undefined;

  constructor(settings: IndexSettings, random: Random = systemRandom) {
    this.#textFields = textFields(settings);
    this.#fields = this.#textFields.length;
    this.#analyzer = () => analyzerFor(settings);
    this.#journal = new Journal(random);
    this.#columns = columnFields(settings);
    this.#columnKinds = this.#columns.map(({ type }) => columnKind(type));
    this.#memtable = new Memtable(this.#fields, this.#columnKinds);
    this.#lengths = new Array<number>(this.#fields).fill(0);
  }

  /** The last change of the log that is visible. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Living documents. */
  get documents(): number {
    return this.#documents;
  }

  /** Dead documents that still take space. */
  get deleted(): number {
    return this.#all().reduce((sum, piece) => sum + piece.tombstones.count, 0);
  }

  get segments(): readonly Segment[] {
    return this.#pieces.filter((piece) => piece instanceof Segment);
  }

  get memtable(): Memtable {
    return this.#memtable;
  }

  /** Memtables that take no more documents and are to become segments, the oldest first. */
  get frozenMemtables(): readonly Memtable[] {
    return this.#pieces.filter((piece) => piece instanceof Memtable);
  }

  get memtableDocuments(): number {
    return this.#all().reduce((sum, piece) => sum + (piece.kind === "memtable" ? piece.documents : 0), 0);
  }

  get sizeBytes(): number {
    return this.#all().reduce((sum, piece) => sum + piece.sizeBytes, 0);
  }

  get version(): number {
    return this.#version;
  }

  /** Begins a search of the shard as it is now. Throws `invalid_query` for a plan that cannot be evaluated. */
  prepare(plan: Plan): ShardSearch {
    this.#view ??= this.#viewNow();
    return new ShardSearch(plan, this.#view);
  }

  #viewNow(): ShardView {
    const pieces: PieceView[] = [];
    for (const piece of this.#pieces) if (piece.documents > 0) pieces.push({ piece, documents: piece.documents });
    if (this.#visible > 0) pieces.push({ piece: this.#memtable, documents: this.#visible });
    return {
      pieces: pieces.sort((a, b) => b.documents - a.documents),
      version: this.#version,
      documents: this.#documents,
      sequence: this.#sequence,
      columns: this.#columns,
      fields: this.#textFields,
      analyzer: this.#analyzer,
    };
  }

  /** What changed in the statistics since a cursor, at most `limitTerms` of it. */
  statistics(since?: StatisticsCursor, limitTerms: number = statisticsPage): StatisticsDelta {
    const page = this.#journal.page(since, limitTerms);
    return { ...page, sequence: this.#sequence, documents: this.#documents, lengths: [...this.#lengths] };
  }

  /** The source of a living document, or undefined. */
  source(id: string): Uint8Array | undefined {
    const place = this.#find(lookupKey(id));
    return place?.piece.sourceAt(place.doc);
  }

  /** Gathers changes, in as many turns of the event loop as it takes. One at a time: end it one way or the other. */
  stage(): Stage {
    const added: Segment[] = [];
    const superseded = new Superseded();
    const supersede = (id: LookupKey): void => {
      const place = this.#find(id);
      if (place !== undefined) superseded.add(place.piece, place.doc);
    };
    const staged: Staged = {
      put: (document) => {
        supersede(lookupKey(document.id));
        this.#memtable.append(document);
      },
      add: (segment) => void added.push(segment),
      supersede,
      warm: (segment) => this.warm(segment),
    };
    return {
      staged,
      publish: (sequence) => this.#publish(superseded, added, sequence),
      abandon: () => {
        // At a version of its own: searches that have begun do not count what they never saw.
        this.#version++;
        this.#memtable.retract(this.#visible, this.#version);
        this.#visible = this.#memtable.documents;
        this.#view = undefined;
      },
    };
  }

  /** Nothing else up to a sequence concerns this shard. */
  advance(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence);
    this.#view = undefined;
  }

  /** Puts an empty memtable in the live one's place; answers the frozen one, which is searched until it is replaced. */
  freeze(): Memtable {
    const frozen = this.#memtable;
    this.#pieces.push(frozen);
    this.#memtable = new Memtable(this.#fields, this.#columnKinds);
    this.#visible = 0;
    this.#view = undefined;
    return frozen;
  }

  /**
   * Gets a segment that is to be added ready for the next searches, a bounded part of it at a time: what its terms are
   * worth, and what is kept of the frequent ones that the largest segment has been asked for. Else the first search for
   * each of them would pay for it, and these are most of the slow ones while documents are written.
   */
  *warm(segment: Segment): Generator<void, void> {
    const { segments } = this;
    const weighing = segments.findLast(({ latestWeighing }) => latestWeighing !== undefined)?.latestWeighing;
    if (weighing === undefined) return;
    const weighed = segment.weighed(weighing);
    yield;
    while (!weighed.prepare()) yield;
    let largest: Segment | undefined;
    for (const other of segments) if (other.documents > (largest?.documents ?? 0)) largest = other;
    if (largest === undefined) return;
    for (let term = 0; term < segment.frequentTerms(weighing); term++) {
      if (largest.hasKept(segment.terms.keyOf(term), weighing)) segment.keep(term, weighing);
      yield;
    }
  }

  /**
   * Has die in a segment what has died in the pieces it was made of since version `since`. Comes back after every
   * document that does, or a few that had died before; nothing may be published until it is through.
   */
  *carryDeaths(pieces: readonly Piece[], segment: Segment, since: number): Generator<void, void> {
    for (const piece of pieces) {
      const { tombstones } = piece;
      let passed = 0;
      for (let doc = tombstones.next(0); doc >= 0; doc = tombstones.next(doc + 1)) {
        const version = tombstones.since(doc);
        if (version > since) segment.tombstones.kill(segment.find(lookupKey(piece.idAt(doc))), version);
        else if (++passed % passedAtOnce !== 0) continue;
        yield;
      }
    }
  }

  /** Puts a segment with the same living documents in the place of pieces. Results and statistics do not change. */
  replace(pieces: readonly Piece[], segment: Segment): void {
    this.#pieces = this.#pieces.filter((piece) => !pieces.includes(piece));
    if (segment.documents > 0) this.#pieces.push(segment);
    this.#view = undefined;
  }

  /**
   * Starts the journal over where its entries have piled up: a new follower then has less to read. Comes back after every few
   * documents that it counts; nothing may be published until it is through.
   */
  *shortenJournal(): Generator<void, void> {
    const { segments } = this;
    const fresh = segments.reduce((sum, segment) => sum + segment.terms.size + segment.words.size, statisticsPage);
    if (this.#journal.length <= journalSlack * fresh) return;
    yield* this.#restartJournal();
  }

  *#restartJournal(): Generator<void, void> {
    const entries: TermCounts[] = [];
    const { pieces, version } = this.#viewNow();
    for (const counts of freshCounts(pieces, version, this.#fields)) {
      if (counts === undefined) yield;
      else entries.push(counts);
    }
    this.#journal.restart(entries);
  }

  /** The shard as it is now, to be written down while it goes on. */
  capture(): ShardCapture {
    const memtables = this.frozenMemtables.map((memtable) => ({ memtable, documents: memtable.documents }));
    return {
      sequence: this.#sequence,
      version: this.#version,
      segments: this.segments.map(({ data, tombstones }) => ({ data, tombstones })),
      memtables: [...memtables, { memtable: this.#memtable, documents: this.#visible }],
    };
  }

  /**
   * Fills a shard that is still empty with segments and the documents of them that are dead. Comes back after every few of
   * these; nothing may be asked of the shard until it is through.
   */
  *restore(segments: readonly { data: SegmentData; dead: Uint32Array }[], sequence: number): Generator<void, void> {
    this.#version++;
    for (const { data, dead } of segments) {
      const segment = new Segment(data);
      this.#countLengths(segment.lengthTotals(), 1);
      for (const [i, doc] of dead.entries()) {
        segment.tombstones.kill(doc, this.#version);
        this.#countLengths(segment.lengthsOf(doc), -1);
        if (i % restoredAtOnce === 0) yield;
      }
      this.#documents += segment.documents - dead.length;
      this.#pieces.push(segment);
    }
    yield* this.#restartJournal();
    this.advance(sequence);
  }

  #all(): Piece[] {
    return [...this.#pieces, this.#memtable];
  }

  /** Where the living document with an id stands, staged ones apart. */
  #find(id: LookupKey): Place | undefined {
    const latest = this.#memtable.find(id);
    if (latest >= 0 && latest < this.#visible && !this.#memtable.tombstones.isDead(latest, this.#version)) {
      return { piece: this.#memtable, doc: latest };
    }
    for (const piece of this.#pieces) {
      const doc = piece.find(id);
      if (doc >= 0 && !piece.tombstones.isDead(doc, this.#version)) return { piece, doc };
    }
    return undefined;
  }

  #publish(superseded: Superseded, added: readonly Segment[], sequence: number): void {
    this.#version++;
    superseded.kill(this.#version);
    this.#countLengths(superseded.lengths, -1);
    for (const counts of superseded.counts()) this.#journal.append(counts);
    for (const segment of added) {
      if (segment.documents > 0) this.#pieces.push(segment);
      this.#journal.append(segment.termCounts());
      this.#journal.append(segment.wordCounts());
      this.#documents += segment.documents;
      this.#countLengths(segment.lengthTotals(), 1);
    }
    this.#documents += this.#memtable.documents - this.#visible - superseded.documents;
    const appended = this.#memtable.documentsFrom(this.#visible);
    for (const { lengths } of appended) this.#countLengths(lengths, 1);
    this.#journal.append(documentCounts(appended, this.#fields));
    this.#journal.append(documentWords(appended));
    this.#visible = this.#memtable.documents;
    this.advance(sequence);
  }

  #countLengths(lengths: readonly number[], sign: 1 | -1): void {
    addLengths(this.#lengths, lengths, sign);
  }
}
