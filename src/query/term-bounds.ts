/** Everything beside its frequencies and lengths that a term's worth in a document depends on. */
export type Weights = {
  bm25: { k1: number; b: number };
  /** Of each text field. */
  boosts: readonly number[];
  averageLengths: readonly number[];
};

const unknown = 0;

/**
 * For each shard and term what the shard has said of the documents that hold it: for each text field how often at most,
 * then for each how long at least. Rows are shared, since few are distinct. They only ever widen until a shard starts
 * over, so they hold for every document that a shard has told of.
 */
export class TermBounds {
  readonly #rows: (readonly number[])[] = [[]];
  readonly #numberOf = new Map<string, number>();
  readonly #joins = new Map<string, number>();
  /** Row numbers by term, for each shard. */
  readonly #shards: Uint32Array<ArrayBuffer>[];

  constructor(shards: number) {
    this.#shards = Array.from({ length: shards }, () => new Uint32Array(1024));
  }

  /** The number of a row, which it is given at first sight. */
  rowNumber(row: readonly number[]): number {
    const key = row.join(" ");
    const known = this.#numberOf.get(key);
    if (known !== undefined) return known;
    this.#rows.push(row);
    this.#numberOf.set(key, this.#rows.length - 1);
    return this.#rows.length - 1;
  }

  reset(shard: number): void {
    this.#shards[shard]?.fill(unknown);
  }

  /** Makes a shard's bounds of a term wide enough for a row too. */
  widen(shard: number, term: number, row: number): void {
    let numbers = this.#shards[shard];
    if (numbers === undefined) return;
    if (term >= numbers.length) {
      const grown = new Uint32Array(Math.max(term + 1, numbers.length * 2));
      grown.set(numbers);
      numbers = grown;
      this.#shards[shard] = grown;
    }
    numbers[term] = this.#join(numbers[term] ?? unknown, row);
  }

  /** No document of a shard is worth more for a term, before the term's weight; 1 where nothing is known. */
  saturation(shard: number, term: number, { bm25, boosts, averageLengths }: Weights): number {
    const row = this.#rows[this.#shards[shard]?.[term] ?? unknown] ?? [];
    if (row.length === 0) return 1;
    const fields = row.length / 2;
    let shares = 0;
    for (let field = 0; field < fields; field++) {
      const length = (row[fields + field] ?? 0) / (averageLengths[field] ?? 1);
      shares += ((boosts[field] ?? 0) * (row[field] ?? 0)) / (1 - bm25.b + bm25.b * length);
    }
    return shares === 0 ? 0 : shares / (bm25.k1 + shares);
  }

  #join(before: number, row: number): number {
    if (before === row || before === unknown) return row;
    const key = `${before} ${row}`;
    const known = this.#joins.get(key);
    if (known !== undefined) return known;
    const joined = this.rowNumber(widest(this.#rows[before] ?? [], this.#rows[row] ?? []));
    this.#joins.set(key, joined);
    return joined;
  }
}

/** Per field the greater frequency and the lesser length; a frequency of 0 says nothing of a length. */
function widest(a: readonly number[], b: readonly number[]): number[] {
  const fields = a.length / 2;
  return a.map((value, i) => {
    const other = b[i] ?? 0;
    if (i < fields) return Math.max(value, other);
    if (a[i - fields] === 0) return other;
    return b[i - fields] === 0 ? value : Math.min(value, other);
  });
}
