/** Those who want to be told of something. */
export class Listeners<Told extends readonly unknown[] = []> {
  readonly #all = new Set<(...told: Told) => void>();

  /** Returns what takes the listener off again. */
  add(listener: (...told: Told) => void): () => void {
    // One of its own for each call, so that unsubscribing twice or subscribing twice cannot mix them up.
    const own = (...told: Told): void => listener(...told);
    this.#all.add(own);
    return () => void this.#all.delete(own);
  }

  tell(...told: Told): void {
    for (const listener of this.#all) listener(...told);
  }

  clear(): void {
    this.#all.clear();
  }
}
