/**
 * Remembers which spans travelled in which batch, so that later ones can be linked to them: only spans that are kept are
 * told of, and so no link leads nowhere. Bounded; the oldest batches are forgotten first.
 */
export class BatchLinks<Context> {
  readonly #batchesMax: number;
  readonly #batches = new Map<string, Context[]>();

  constructor(batchesMax = 2048) {
    this.#batchesMax = batchesMax;
  }

  /** Those that travelled in the batch, as far as is known. */
  of(batch: string | undefined): readonly Context[] {
    return batch === undefined ? [] : (this.#batches.get(batch) ?? []);
  }

  add(batch: string | undefined, context: Context): void {
    if (batch === undefined) return;
    const known = this.#batches.get(batch);
    if (known !== undefined) {
      known.push(context);
      return;
    }
    this.#batches.set(batch, [context]);
    if (this.#batches.size <= this.#batchesMax) return;
    const [oldest] = this.#batches.keys();
    if (oldest !== undefined) this.#batches.delete(oldest);
  }
}
