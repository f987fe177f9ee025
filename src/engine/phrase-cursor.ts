import type { PhraseCheck } from "./phrase-check.ts";
import { seek, type TermCursor } from "./postings.ts";

/** What reading a token costs beside reading a posting, and what looking at a document costs at all. */
const postingsPerToken = 2;
const postingsPerDocument = 10;

/**
 * A phrase's documents in one piece, a window at a time: those that hold all its terms, and these side by side. To the
 * kernel it is one more term, worth the sum of what its terms are worth by themselves, in the clause's order.
 */
export class PhraseCursor {
  /** The current window's documents. */
  readonly window: TermCursor;
  readonly #terms: readonly TermCursor[];
  readonly #check: PhraseCheck;
  /** The rarest term, which says what is looked at. */
  readonly #rarest: TermCursor | undefined;

  /** `terms`: the postings of all its terms. `width`: of the widest window. */
  constructor(terms: readonly TermCursor[], check: PhraseCheck, width: number) {
    this.#terms = terms;
    this.#check = check;
    for (const term of terms) {
      if (this.#rarest === undefined || term.end - term.start < this.#rarest.end - this.#rarest.start) {
        this.#rarest = term;
      }
    }
    const docs = new Uint32Array(width);
    const codes = Uint32Array.from(docs.keys());
    this.window = { docs, codes, start: 0, end: 0, saturation: new Float64Array(width), weight: 1 };
  }

  /** The first document that is not behind and may hold the phrase. */
  get next(): number | undefined {
    const rarest = this.#rarest;
    return rarest === undefined || rarest.start >= rarest.end ? undefined : rarest.docs[rarest.start];
  }

  /** Reads the documents of [start, end) into `window`; answers what it cost, in postings read. */
  fill(start: number, end: number): number {
    const { window } = this;
    window.start = 0;
    window.end = 0;
    const rarest = this.#rarest;
    if (rarest === undefined) return 0;
    const tokensBefore = this.#check.tokensRead;
    const from = seek(rarest.docs, start, { from: rarest.start, to: rarest.end });
    let at = from;
    for (; at < rarest.end; at++) {
      const doc = rarest.docs[at] ?? 0;
      if (doc >= end) break;
      if (!this.#moveTo(doc) || !this.#check.holds(doc)) continue;
      window.docs[window.end] = doc;
      window.saturation[window.end] = this.#worth();
      window.end++;
    }
    rarest.start = at;
    return (at - from) * postingsPerDocument + (this.#check.tokensRead - tokensBefore) * postingsPerToken;
  }

  /** Moves every term to a document; answers whether all of them hold it. */
  #moveTo(doc: number): boolean {
    for (const term of this.#terms) {
      term.start = seek(term.docs, doc, { from: term.start, to: term.end });
      if (term.start === term.end || term.docs[term.start] !== doc) return false;
    }
    return true;
  }

  /** What the phrase is worth in the document that all terms stand at. */
  #worth(): number {
    let sum = 0;
    for (const { saturation, codes, start, weight } of this.#terms)
      sum += weight * (saturation[codes[start] ?? 0] ?? 0);
    return sum;
  }
}
