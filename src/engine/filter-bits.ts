/** How many documents are tested together; a whole number of words. */
export const blockDocuments = 512;
export const blockWords = blockDocuments / 32;

/** Sets the bits of the documents from `start` on that pass, in `words` of one block, and clears the others. */
export type BlockTest = (start: number, words: Uint32Array) => void;

/**
 * Which documents of a piece pass a filter, a bit each. A block of them is tested when one is first asked for, so that
 * no single step of a search has to test a whole segment.
 */
export class FilterBits {
  readonly #words: Uint32Array;
  readonly #tested: Uint8Array;
  readonly #test: BlockTest;
  readonly #lookups: (() => void)[];

  /** `lookups`: what `test` rests on, in steps of well below 0.2 ms. */
  constructor(documents: number, test: BlockTest, lookups: (() => void)[]) {
    const blocks = Math.ceil(documents / blockDocuments);
    this.#words = new Uint32Array(blocks * blockWords);
    this.#tested = new Uint8Array(blocks);
    this.#test = test;
    this.#lookups = lookups;
  }

  /** Whether documents may be asked for. */
  get ready(): boolean {
    return this.#lookups.length === 0;
  }

  /** Does a step of what is to be looked up first. */
  prepare(): void {
    this.#lookups.pop()?.();
  }

  get sizeBytes(): number {
    return this.#words.byteLength + this.#tested.byteLength;
  }

  has(doc: number): boolean {
    const block = Math.floor(doc / blockDocuments);
    if (this.#tested[block] === 0) this.#fill(block);
    return (((this.#words[doc >>> 5] ?? 0) >>> (doc & 31)) & 1) === 1;
  }

  #fill(block: number): void {
    this.#tested[block] = 1;
    this.#test(block * blockDocuments, this.#words.subarray(block * blockWords, (block + 1) * blockWords));
  }
}
