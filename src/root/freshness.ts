import type { AppendedShard, IndexLife } from "../changes/log.ts";
import type { Clock } from "../time.ts";

/** How far a replica has come. `sequence`: it holds every change up to there; `appliedSequence`: its last change. */
export type Progress = { sequence: number; appliedSequence: number };

type Mark = { sequence: number; atMs: number };

/** Appends closer together than this are taken for one: a lag is shown that much too long at most. */
const markEveryMs = 50;
const marksMax = 1_000;

/**
 * When a shard was appended to, for telling how long ago the oldest change was made that somebody has not applied. Keeps
 * the older half of its marks ever more thinly, so that a replica that is away for days costs no more than one that is not.
 */
export class AppendTimes {
  readonly #marks: Mark[] = [];

  append(sequence: number, nowMs: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && sequence <= last.sequence) return;
    if (last !== undefined && nowMs - last.atMs < markEveryMs) {
      last.sequence = sequence;
      return;
    }
    if (this.#marks.length >= marksMax) this.#thin();
    this.#marks.push({ sequence, atMs: nowMs });
  }

  /** How long ago the oldest append came that lies beyond `sequence`; 0 where none does. */
  lagMs(sequence: number, nowMs: number): number {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle]?.sequence ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    const mark = this.#marks[low];
    return mark === undefined ? 0 : nowMs - mark.atMs;
  }

  /** Makes one mark of every two of the older half: the earlier time, and the later sequence, as if they had come together. */
  #thin(): void {
    const kept: Mark[] = [];
    const half = this.#marks.length >> 1;
    for (let i = 0; i < half; i += 2) {
      const earlier = this.#marks[i];
      if (earlier !== undefined) kept.push({ sequence: this.#marks[i + 1]?.sequence ?? 0, atMs: earlier.atMs });
    }
    this.#marks.splice(0, half, ...kept);
  }
}

/** How far behind the log an index's replicas and statistics are, in time. Indexes that are gone are forgotten. */
export class Freshness {
  readonly #clock: Clock;
  readonly #appends = new Map<string, AppendTimes[]>();
  readonly #publishedMs = new Map<string, number>();
  /** How far the log had come when this root began, and when that was. */
  #begin: Mark = { sequence: 0, atMs: 0 };
  /** The last change of each shard up to there, where that is known. */
  readonly #lastBefore = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in how far the log has come by now, with writes of which nobody here can tell when they were made. */
  onBegin(head: number): void {
    this.#begin = { sequence: head, atMs: this.#clock.nowMs() };
  }

  onAppend(appended: readonly AppendedShard[]): void {
    const nowMs = this.#clock.nowMs();
    for (const { index, incarnation, shard, sequence } of appended) {
      const key = keyOf({ index, incarnation });
      const shards = this.#appends.get(key) ?? [];
      this.#appends.set(key, shards);
      shards[shard] ??= new AppendTimes();
      shards[shard].append(sequence, nowMs);
    }
  }

  /** New statistics of an index stand. */
  onPublished(index: IndexLife): void {
    this.#publishedMs.set(keyOf(index), this.#clock.nowMs());
  }

  /** How long ago the oldest change of a shard was acknowledged that lies beyond `sequence`; 0 where none does. */
  lagMs(index: IndexLife, at: { shard: number; sequence: number }): number {
    return this.#appends.get(keyOf(index))?.[at.shard]?.lagMs(at.sequence, this.#clock.nowMs()) ?? 0;
  }

  /**
   * The lag of each of a shard's replicas. One that has not shown that it holds what the log held when this root began is
   * behind since then at least.
   */
  replicaLagsMs(index: IndexLife, shard: number, replicas: readonly Progress[]): number[] {
    const last = this.#lastChangeBefore(index, shard, replicas);
    const sinceBeginMs = this.#clock.nowMs() - this.#begin.atMs;
    return replicas.map(({ sequence }) =>
      Math.max(sequence < last ? sinceBeginMs : 0, this.lagMs(index, { shard, sequence })),
    );
  }

  /**
   * Up to where a replica must have come to lack nothing from before this root: to the log's head, until one that has
   * come so far tells of the shard's last change. Others may have that and be away.
   */
  #lastChangeBefore(index: IndexLife, shard: number, replicas: readonly Progress[]): number {
    const { sequence: head } = this.#begin;
    if (index.incarnation > head) return 0;
    const key = keyOf(index);
    const known = this.#lastBefore.get(key) ?? [];
    this.#lastBefore.set(key, known);
    const whole = replicas.filter(({ sequence }) => sequence >= head).map(({ appliedSequence }) => appliedSequence);
    const last = Math.min(known[shard] ?? head, ...whole);
    known[shard] = last;
    return last;
  }

  /** How long ago the statistics of an index were published; undefined before the first. */
  ageMs(index: IndexLife): number | undefined {
    const atMs = this.#publishedMs.get(keyOf(index));
    return atMs === undefined ? undefined : this.#clock.nowMs() - atMs;
  }

  /** Forgets all indexes but these. */
  retain(standing: readonly IndexLife[]): void {
    const keys = new Set(standing.map(keyOf));
    for (const map of [this.#appends, this.#publishedMs, this.#lastBefore])
      for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
  }
}

function keyOf({ index, incarnation }: IndexLife): string {
  return `${incarnation} ${index}`;
}
