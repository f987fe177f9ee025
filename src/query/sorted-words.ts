/** New words wait unsorted until there are this many. */
const waitingMax = 1024;
/** After every letter that a word may hold. */
const lastLetter = "\uffff";

/**
 * Words in order, to find those that begin alike. A few sorted runs, of which two are merged whenever the later has
 * grown to half the earlier: adding n words takes about n log n comparisons in all, and a look-up reads every run.
 */
export class SortedWords {
  readonly #words: readonly string[];
  #runs: Uint32Array[] = [];
  #waiting: number[] = [];

  /** `words`: the list that words are numbered by; it may grow. */
  constructor(words: readonly string[]) {
    this.#words = words;
  }

  add(word: number): void {
    this.#waiting.push(word);
    if (this.#waiting.length < waitingMax) return;
    this.#runs.push(Uint32Array.from(this.#waiting.sort((a, b) => (this.#text(a) < this.#text(b) ? -1 : 1))));
    this.#waiting = [];
    this.#mergeRuns();
  }

  /** Calls back with every word that begins with a prefix, in no order. */
  eachBeginning(prefix: string, take: (word: number) => void): void {
    for (const run of this.#runs) {
      const end = this.#firstFrom(run, `${prefix}${lastLetter}`);
      for (let i = this.#firstFrom(run, prefix); i < end; i++) take(run[i] ?? 0);
    }
    for (const word of this.#waiting) if (this.#text(word).startsWith(prefix)) take(word);
  }

  #text(word: number): string {
    return this.#words[word] ?? "";
  }

  /** The place of the first word of a run that is not before `text`. */
  #firstFrom(run: Uint32Array, text: string): number {
    let low = 0;
    let high = run.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#text(run[middle] ?? 0) < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #mergeRuns(): void {
    for (;;) {
      const [earlier, later] = this.#runs.slice(-2);
      if (earlier === undefined || later === undefined || later.length * 2 < earlier.length) return;
      this.#runs = [...this.#runs.slice(0, -2), this.#merged(earlier, later)];
    }
  }

  #merged(left: Uint32Array, right: Uint32Array): Uint32Array {
    const merged = new Uint32Array(left.length + right.length);
    let [l, r] = [0, 0];
    for (let i = 0; i < merged.length; i++) {
      const takeLeft = r === right.length || (l < left.length && this.#text(left[l] ?? 0) < this.#text(right[r] ?? 0));
      merged[i] = (takeLeft ? left[l++] : right[r++]) ?? 0;
    }
    return merged;
  }
}
