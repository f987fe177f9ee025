import { DatabaseSync } from "node:sqlite";
import type { DemoDocument } from "../../data/corpus.ts";
import type { Analyzer } from "../../src/engine/analyzer.ts";

const columns = ["title", "synonyms", "body", "examples"] as const;
export type TextColumn = (typeof columns)[number];

/** Stands where a stop word was; and, several times, between two texts of one field, which no phrase spans. */
const stopToken = "stop";
const betweenTexts = Array.from({ length: 8 }, () => "between");

/**
 * SQLite's FTS5 over the same analyzed terms: a column per field, every term as a token that no tokenizer takes apart.
 * What it counts owes nothing to the engine under test beyond the analysis of single words.
 */
export class FullText {
  readonly #database = new DatabaseSync(":memory:");
  readonly #tokens = new Map<string, string>();
  readonly #analyzer: Analyzer;
  /** Every word of the documents, folded, with its term. */
  readonly words = new Map<string, string>();
  #frequencies = new Map<string, number>();

  constructor(documents: Iterable<DemoDocument>, analyzer: Analyzer) {
    this.#analyzer = analyzer;
    this.#database.exec(`create virtual table docs using fts5(${columns.join(", ")}, content='', tokenize='ascii')`);
    const insert = this.#database.prepare(
      `insert into docs(rowid, ${columns.join(", ")}) values (${["?", ...columns.map(() => "?")].join(", ")})`,
    );
    this.#database.exec("begin");
    let row = 0;
    for (const document of documents) {
      const texts = columns.map((column) => [document[column]].flat().map((text) => this.#line(text)));
      insert.run(++row, ...texts.map((lines) => lines.join(` ${betweenTexts.join(" ")} `)));
    }
    this.#database.exec("commit");
    this.#database.exec("create virtual table vocabulary using fts5vocab(docs, 'row')");
    const rows = this.#database.prepare("select term, doc from vocabulary").all();
    this.#frequencies = new Map(rows.map(({ term, doc }) => [String(term), Number(doc)]));
  }

  /** In how many documents a term stands. */
  frequency(term: string): number {
    return this.#frequencies.get(this.#tokens.get(term) ?? "") ?? 0;
  }

  /** How many documents match an FTS5 expression. */
  count(expression: string): number {
    const found = this.#database.prepare("select count(*) as n from docs where docs match ?").get(expression);
    return Number(found?.n ?? 0);
  }

  /** The expression of one term, or of terms side by side. */
  phrase(...terms: readonly string[]): string {
    return `"${terms.map((term) => this.#tokenOf(term)).join(" ")}"`;
  }

  anyOf(terms: readonly string[]): string {
    return terms.length === 0 ? '"nothing"' : `(${terms.map((term) => this.phrase(term)).join(" OR ")})`;
  }

  close(): void {
    this.#database.close();
  }

  #line(text: string): string {
    const line: string[] = [];
    for (const { term, folded, position } of this.#analyzer.analyze(text)) {
      while (line.length < position) line.push(stopToken);
      line.push(this.#tokenOf(term));
      this.words.set(folded, term);
    }
    return line.join(" ");
  }

  #tokenOf(term: string): string {
    const known = this.#tokens.get(term);
    if (known !== undefined) return known;
    const token = `t${this.#tokens.size.toString(36)}`;
    this.#tokens.set(term, token);
    return token;
  }
}
