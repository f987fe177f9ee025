import { murmur3 } from "../protocol/hashing.ts";
import { averageLengths } from "../protocol/plan-numbers.ts";
import { type StatisticsCursor, type StatisticsDelta, wordMark } from "../protocol/statistics.ts";
import { TermBounds, type Weights } from "./term-bounds.ts";

/** The statistics of a whole index that one plan is made from. */
export type Statistics = {
  /** Names the statistics by what they say: equal epochs mean equal weights, on every root and for every layout. */
  epoch: string;
  documents: number;
  averageLengths: readonly number[];
};

type ShardTotals = { documents: number; lengths: readonly number[]; sequence: number };

type ShardStatistics = {
  cursor: StatisticsCursor | undefined;
  published: ShardTotals;
  frequencies: Int32Array<ArrayBuffer>;
  /** Term numbers and differences of pages that wait for the last one. */
  stagedTerms: number[];
  stagedCounts: number[];
  /** For each the number of a row of bounds, or -1. */
  stagedLimits: number[];
  stagedReset: boolean;
};

/**
 * The global term statistics of one index, summed from one replica of each shard. Deltas are staged page by page and
 * published once the last page is there, so that no plan ever rests on a part of one. Terms are numbered once and never
 * forgotten while the index lives; frequencies are plain typed arrays over those numbers.
 */
export class GlobalStatistics {
  readonly #fieldCount: number;
  readonly #shards: ShardStatistics[];
  readonly #bounds: TermBounds;
  readonly #onWord: (word: string, number: number) => void;
  readonly #known = new Set<number>();
  readonly #numberOf = new Map<string, number>();
  readonly #terms: string[] = [];
  readonly #hashes: number[] = [];
  #total = new Int32Array(1024);
  #fingerprint = 0;
  #current: Statistics;
  #stamp = "";

  /**
   * `onWord` hears once of every word that has ever been in the documents, before its frequency is published: words are
   * numbered among the terms, and counted as these are.
   */
  constructor(shards: number, fieldCount: number, onWord: (word: string, number: number) => void = () => undefined) {
    this.#fieldCount = fieldCount;
    this.#onWord = onWord;
    this.#shards = Array.from({ length: shards }, () => ({
      cursor: undefined,
      published: { documents: 0, lengths: new Array<number>(fieldCount).fill(0), sequence: 0 },
      frequencies: new Int32Array(1024),
      stagedTerms: [],
      stagedCounts: [],
      stagedLimits: [],
      stagedReset: false,
    }));
    this.#bounds = new TermBounds(shards);
    this.#current = this.#summarize();
  }

  /** Where the next delta of a shard has to start; `undefined` before the first. */
  cursor(shard: number): StatisticsCursor | undefined {
    return this.#shards[shard]?.cursor;
  }

  /** Whether all that a shard has to say was heard once: until then a plan would weigh words by a part of the index. */
  isKnown(shard: number): boolean {
    return this.#known.has(shard);
  }

  /** What the last complete delta of a shard said. */
  shard(shard: number): ShardTotals {
    return this.#shards[shard]?.published ?? { documents: 0, lengths: [], sequence: 0 };
  }

  get current(): Statistics {
    return this.#current;
  }

  /** Names the statistics and how far each shard had come in them. */
  get stamp(): string {
    return this.#stamp;
  }

  get epoch(): string {
    return this.#current.epoch;
  }

  /** In how many live documents of the index the term stands. */
  frequency(term: string): number {
    const number = this.#numberOf.get(term);
    return number === undefined ? 0 : (this.#total[number] ?? 0);
  }

  /**
   * No document that a shard has told of is worth more for a term, before the term's weight: its saturation is at most
   * this, under any weights of fields.
   */
  saturationBound(shard: number, term: string, weights: Weights): number {
    const number = this.#numberOf.get(term);
    if (number === undefined || (this.#shards[shard]?.frequencies[number] ?? 0) === 0) return 0;
    return this.#bounds.saturation(shard, number, weights);
  }

  /** As `frequency`, for a term's number. */
  frequencyAt(number: number): number {
    return this.#total[number] ?? 0;
  }

  termAt(number: number): string {
    return this.#terms[number] ?? "";
  }

  /** Takes in one page. Answers whether the shard's statistics are now complete up to the page's cursor. */
  apply(shardNumber: number, delta: StatisticsDelta): boolean {
    const shard = this.#shards[shardNumber];
    if (shard === undefined) return false;
    if (delta.reset) {
      shard.stagedReset = true;
      shard.stagedTerms = [];
      shard.stagedCounts = [];
      shard.stagedLimits = [];
    }
    const rows = delta.limitRows.map((row) => this.#bounds.rowNumber(row));
    delta.terms.forEach((term, i) => {
      shard.stagedTerms.push(this.numberOf(term));
      shard.stagedCounts.push(delta.counts[i] ?? 0);
      shard.stagedLimits.push(rows[delta.limits[i] ?? -1] ?? -1);
    });
    shard.cursor = delta.cursor;
    if (delta.more) return false;
    this.#known.add(shardNumber);
    this.#publishBounds(shard, shardNumber);
    this.#publish(shard, { documents: delta.documents, lengths: delta.lengths, sequence: delta.sequence });
    return true;
  }

  #publish(shard: ShardStatistics, totals: ShardTotals): void {
    shard.frequencies = grown(shard.frequencies, this.#terms.length);
    if (shard.stagedReset) {
      for (let term = 0; term < shard.frequencies.length; term++)
        this.#add(shard, term, -(shard.frequencies[term] ?? 0));
    }
    for (let i = 0; i < shard.stagedTerms.length; i++) {
      this.#add(shard, shard.stagedTerms[i] ?? 0, shard.stagedCounts[i] ?? 0);
    }
    shard.stagedTerms = [];
    shard.stagedCounts = [];
    shard.stagedLimits = [];
    shard.stagedReset = false;
    shard.published = totals;
    this.#current = this.#summarize();
    this.#stamp = [this.#current.epoch, ...this.#shards.map(({ published }) => published.sequence)].join(" ");
  }

  #publishBounds({ stagedReset, stagedTerms, stagedLimits }: ShardStatistics, shardNumber: number): void {
    if (stagedReset) this.#bounds.reset(shardNumber);
    stagedTerms.forEach((term, i) => {
      const row = stagedLimits[i] ?? -1;
      if (row >= 0) this.#bounds.widen(shardNumber, term, row);
    });
  }

  #add(shard: ShardStatistics, term: number, difference: number): void {
    if (difference === 0) return;
    shard.frequencies[term] = (shard.frequencies[term] ?? 0) + difference;
    this.#total[term] = (this.#total[term] ?? 0) + difference;
    this.#fingerprint = (this.#fingerprint + Math.imul(this.#hashes[term] ?? 0, difference)) | 0;
  }

  /** The number of a term, which it is given at first sight. */
  numberOf(term: string): number {
    const known = this.#numberOf.get(term);
    if (known !== undefined) return known;
    const number = this.#terms.length;
    this.#numberOf.set(term, number);
    this.#terms.push(term);
    this.#hashes.push(murmur3(term));
    this.#total = grown(this.#total, number + 1);
    if (term.startsWith(wordMark)) this.#onWord(term.slice(wordMark.length), number);
    return number;
  }

  #summarize(): Statistics {
    const lengths = new Array<number>(this.#fieldCount).fill(0);
    let documents = 0;
    for (const shard of this.#shards) {
      documents += shard.published.documents;
      shard.published.lengths.forEach((length, field) => {
        lengths[field] = (lengths[field] ?? 0) + length;
      });
    }
    const fingerprint = murmur3(`${documents} ${lengths.join(" ")} ${this.#fingerprint}`);
    return {
      epoch: `${(this.#fingerprint >>> 0).toString(36)}-${fingerprint.toString(36)}`,
      documents,
      averageLengths: averageLengths(documents, lengths),
    };
  }
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (array.length >= length) return array;
  const larger = new Int32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
