import { createAnalyzer } from "../../src/engine/analyzer.ts";
import { columnKind } from "../../src/engine/column-data.ts";
import { lookupKey } from "../../src/engine/dictionary.ts";
import { type AnalyzedDocument, createDocumentAnalyzer, type DocumentAnalyzer } from "../../src/engine/document.ts";
import { Memtable } from "../../src/engine/memtable.ts";
import { mergeSegments } from "../../src/engine/merge-segments.ts";
import type { Piece } from "../../src/engine/piece.ts";
import { seal } from "../../src/engine/seal.ts";
import { Segment } from "../../src/engine/segment.ts";
import type { SegmentData } from "../../src/engine/segment-data.ts";
import { Shard } from "../../src/engine/shard.ts";
import type { Tombstones } from "../../src/engine/tombstones.ts";
import { compareIds } from "../../src/protocol/hit.ts";
import { columnFields, type IndexSettings, textFields } from "../../src/protocol/settings.ts";
import { type Random, seededRandom } from "../../src/time.ts";
import { type ColumnDocument, columnTypes } from "../support/column-documents.ts";

/** What the tests write: `undefined` deletes. Field values are words of a tiny language. */
export type TestDocument = { id: string; title: string; body: string } & ColumnDocument;
export type TestChange = { id: string; document: TestDocument | undefined };

export const testSettings: IndexSettings = {
  fields: { title: { type: "text" }, ...columnTypes, body: { type: "text" } },
  shards: 1,
  replicas: 1,
  language: "simple",
  bm25: { k1: 1.2, b: 0.75 },
  placementSalt: 0,
};

const encoder = new TextEncoder();
const analyzers = new Map<IndexSettings, DocumentAnalyzer>();

function analyzerOf(settings: IndexSettings): DocumentAnalyzer {
  const analyze = analyzers.get(settings) ?? createDocumentAnalyzer(settings, createAnalyzer(settings));
  analyzers.set(settings, analyze);
  return analyze;
}

/** A shard whose pieces come about by chance: the same changes under another seed lie in other pieces. */
export class ChanceShard {
  shard: Shard;
  readonly #settings: IndexSettings;
  readonly #analyze: DocumentAnalyzer;
  readonly #random: Random;
  #sequence = 0;

  constructor(seed: number, settings: IndexSettings = testSettings) {
    this.#settings = settings;
    this.#analyze = analyzerOf(settings);
    this.#random = seededRandom(seed);
    this.shard = new Shard(settings, seededRandom(7));
  }

  /** Applies a batch as one or the other kind, then perhaps seals and merges. */
  apply(changes: readonly TestChange[]): void {
    const latest = new Map(changes.map((change) => [change.id, change]));
    const documents = [...latest.values()].flatMap(({ document }) => document ?? []);
    const { staged, publish } = this.shard.stage();
    if (this.#chance(0.4)) {
      const segment = new Segment(this.#sealed(documents));
      staged.add(segment);
      for (let doc = 0; doc < segment.documents; doc++) staged.supersede(segment.ids.keyOf(doc));
    } else {
      for (const document of documents) staged.put(this.#analyzed(document));
    }
    for (const { id, document } of latest.values()) if (document === undefined) staged.supersede(lookupKey(id));
    publish(++this.#sequence);
    this.tidy();
  }

  /** Perhaps freezes, seals, or merges some pieces. */
  tidy(): void {
    if (this.#chance(0.3)) this.shard.freeze();
    for (const frozen of this.shard.frozenMemtables) if (this.#chance(0.5)) this.#seal(frozen);
    if (this.#chance(0.3)) this.merge(this.shard.segments.filter(() => this.#chance(0.6)));
  }

  merge(segments: readonly Segment[]): void {
    if (segments.length === 0) return;
    const since = this.shard.version;
    const sources = segments.map(({ data, tombstones }) => ({ data, dead: deadAt(tombstones, since) }));
    this.#swap(segments, mergeSegments(sources), since);
  }

  /** Goes on as a leaf does that has written everything down and starts anew. */
  restart(): void {
    const { sequence, version, segments, memtables } = this.shard.capture();
    const kept = segments.map(({ data, tombstones }) => ({ data, dead: deadAt(tombstones, version) }));
    for (const { memtable } of memtables) {
      kept.push({ data: this.#sealed(this.#living(memtable)), dead: new Uint32Array() });
    }
    this.shard = new Shard(this.#settings, this.#random);
    for (const _ of this.shard.restore(kept, sequence));
  }

  #seal(frozen: Memtable): void {
    this.#swap([frozen], this.#sealed(this.#living(frozen)), this.shard.version);
  }

  #living(memtable: Memtable): TestDocument[] {
    const documents: TestDocument[] = [];
    for (let doc = 0; doc < memtable.documents; doc++) {
      if (memtable.tombstones.isDead(doc, this.shard.version)) continue;
      documents.push(JSON.parse(new TextDecoder().decode(memtable.sourceAt(doc))));
    }
    return documents;
  }

  #analyzed(document: TestDocument): AnalyzedDocument {
    return this.#analyze(document.id, encoder.encode(JSON.stringify(document)));
  }

  #sealed(documents: readonly TestDocument[]): SegmentData {
    const fields = textFields(this.#settings).length;
    const kinds = columnFields(this.#settings).map(({ type }) => columnKind(type));
    const memtable = new Memtable(fields, kinds);
    const sorted = [...documents].sort((a, b) => compareIds(a.id, b.id));
    for (const document of sorted) memtable.append(this.#analyzed(document));
    return seal(memtable, fields);
  }

  #swap(pieces: readonly Piece[], data: SegmentData, since: number): void {
    const segment = new Segment(data);
    for (const _ of this.shard.carryDeaths(pieces, segment, since));
    this.shard.replace(pieces, segment);
    for (const _ of this.shard.shortenJournal());
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }
}

function deadAt(tombstones: Tombstones, version: number): Uint32Array {
  const dead: number[] = [];
  for (let doc = tombstones.next(0); doc >= 0; doc = tombstones.next(doc + 1)) {
    if (tombstones.since(doc) <= version) dead.push(doc);
  }
  return Uint32Array.from(dead);
}
