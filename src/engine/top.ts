/** Says whether the first of two documents, or values, with equal scores ranks before the second. */
export type RanksBefore = (a: number, b: number) => boolean;

/**
 * The best of a shard's documents, or of a facet's values, which are numbered and scored as documents are: a binary heap
 * with the worst of them on top. Equal scores are told apart by `ranksBefore`, so what is kept never depends on the order
 * in which they come.
 */
export class Top {
  readonly #capacity: number;
  readonly #ranksBefore: RanksBefore;
  readonly #scores: number[] = [];
  readonly #docs: number[] = [];
  /** Only documents scoring at least this can get in. */
  floor: number;

  /** `floor`: the least score that can get in from the beginning. */
  constructor(capacity: number, floor: number, ranksBefore: RanksBefore) {
    this.#capacity = capacity;
    this.floor = capacity === 0 ? Number.POSITIVE_INFINITY : floor;
    this.#ranksBefore = ranksBefore;
  }

  /** Tells of a score that as many documents as are kept are sure to reach. */
  raise(floor: number): void {
    this.floor = Math.max(this.floor, floor);
  }

  /** Takes a document if it is among the best so far. The caller may skip what scores below `floor`. */
  offer(doc: number, score: number): void {
    if (score < this.floor) return;
    if (this.#docs.length < this.#capacity) {
      this.#docs.push(doc);
      this.#scores.push(score);
      this.#rise(this.#docs.length - 1);
    } else if (this.#worse(0, doc, score)) {
      this.#scores[0] = score;
      this.#docs[0] = doc;
      this.#sink();
    } else {
      return;
    }
    if (this.#docs.length === this.#capacity) this.floor = Math.max(this.floor, this.#scores[0] ?? 0);
  }

  /** The documents kept, the better ones rather first: it takes few steps to put them in order. */
  each(take: (doc: number, score: number) => void): void {
    for (let i = this.#docs.length - 1; i >= 0; i--) take(this.#docs[i] ?? 0, this.#scores[i] ?? 0);
  }

  /** Whether the place holds a document that ranks after the one given. */
  #worse(place: number, doc: number, score: number): boolean {
    const held = this.#scores[place] ?? 0;
    return held !== score ? held < score : this.#ranksBefore(doc, this.#docs[place] ?? 0);
  }

  #rise(from: number): void {
    const doc = this.#docs[from] ?? 0;
    const score = this.#scores[from] ?? 0;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#worse(parent, doc, score) || (this.#docs[parent] === doc && this.#scores[parent] === score)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#docs[place] = doc;
    this.#scores[place] = score;
  }

  #sink(): void {
    const doc = this.#docs[0] ?? 0;
    const score = this.#scores[0] ?? 0;
    const size = this.#docs.length;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#worse(child + 1, this.#docs[child] ?? 0, this.#scores[child] ?? 0)) child++;
      if (!this.#worse(child, doc, score)) break;
      this.#move(child, place);
      place = child;
    }
    this.#docs[place] = doc;
    this.#scores[place] = score;
  }

  #move(from: number, to: number): void {
    this.#docs[to] = this.#docs[from] ?? 0;
    this.#scores[to] = this.#scores[from] ?? 0;
  }
}
