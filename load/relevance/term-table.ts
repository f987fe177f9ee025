import type { Analyzer } from "../../src/engine/analyzer.ts";
import { inverseDocumentFrequency } from "../../src/protocol/plan-numbers.ts";

/** What a root knows of an index's terms, counted again from the documents: the public API does not tell it. */
export class TermTable {
  readonly analyzer: Analyzer;
  readonly #frequencies = new Map<string, number>();
  #documents = 0;
  #terms = 0;

  constructor(analyzer: Analyzer) {
    this.analyzer = analyzer;
  }

  add(text: string): void {
    const terms = this.analyzer.terms(text);
    this.#documents++;
    this.#terms += terms.length;
    for (const term of new Set(terms)) this.#frequencies.set(term, (this.#frequencies.get(term) ?? 0) + 1);
  }

  /** The mean number of terms of a document. */
  get averageLength(): number {
    return this.#documents === 0 ? 0 : this.#terms / this.#documents;
  }

  idf(term: string): number {
    return inverseDocumentFrequency(this.#documents, this.#frequencies.get(term) ?? 0);
  }

  /** The share of the documents that hold the term, 0 to 1. */
  share(term: string): number {
    return this.#documents === 0 ? 0 : (this.#frequencies.get(term) ?? 0) / this.#documents;
  }
}
