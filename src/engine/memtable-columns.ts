import { Column } from "./column.ts";
import { ColumnBuilder } from "./column-builder.ts";
import type { ColumnData, ColumnKind } from "./column-data.ts";
import type { AnalyzedDocument } from "./document.ts";

/** Lays one column of a list of documents out. */
function buildColumn(documents: readonly AnalyzedDocument[], kind: ColumnKind, number: number): ColumnData {
  const builder = new ColumnBuilder(kind, documents.length);
  documents.forEach(({ cells }, doc) => void builder.addCell(doc, cells[number] ?? null));
  return builder.build();
}

/**
 * A memtable's columns, each laid out when a search first needs it after documents were added. There are few documents
 * in a memtable, so that this takes well under a millisecond.
 */
export class MemtableColumns {
  readonly #kinds: readonly ColumnKind[];
  readonly #documents: readonly AnalyzedDocument[];
  #built: { column: Column; documents: number }[] = [];

  constructor(kinds: readonly ColumnKind[], documents: readonly AnalyzedDocument[]) {
    this.#kinds = kinds;
    this.#documents = documents;
  }

  column(number: number): Column | undefined {
    const kind = this.#kinds[number];
    if (kind === undefined) return undefined;
    const known = this.#built[number];
    if (known?.documents === this.#documents.length) return known.column;
    const column = new Column(buildColumn(this.#documents, kind, number));
    this.#built[number] = { column, documents: this.#documents.length };
    return column;
  }

  /** All columns as a segment keeps them. */
  seal(): ColumnData[] {
    return this.#kinds.map((kind, number) => buildColumn(this.#documents, kind, number));
  }
}
