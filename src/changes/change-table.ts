import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Change } from "../protocol/change.ts";
import { changeSizeBytes } from "./change-size.ts";
import type { DocumentWrite, StoredDocument } from "./log.ts";
import type { ReadRequest } from "./messages.ts";
import { bytesIn, numberIn, type Row, textIn } from "./row.ts";

/** Where a document stands: its latest sequence, and whether that was a delete. */
export type Latest = { sequence: number; deleted: boolean };

export type ReadChanges = { changes: Change[]; more: boolean };

/** The changes themselves: one row per document, the latest. */
export class ChangeTable {
  readonly #latest: StatementSync;
  readonly #insert: StatementSync;
  readonly #replace: StatementSync;
  readonly #document: StatementSync;
  readonly #after: StatementSync;
  readonly #some: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#latest = database.prepare(
      "select sequence, source is null as deleted from changes where incarnation = ? and id = ?",
    );
    this.#insert = database.prepare(
      "insert into changes (sequence, incarnation, shard, id, source) values (?, ?, ?, ?, ?)",
    );
    this.#replace = database.prepare("update changes set sequence = ?, source = ? where sequence = ?");
    this.#document = database.prepare(
      "select sequence, source from changes where incarnation = ? and id = ? and source is not null",
    );
    this.#after = database.prepare(
      `select sequence, id, source from changes indexed by changes_by_shard
       where incarnation = ? and shard = ? and sequence > ? order by sequence`,
    );
    this.#some = database.prepare(
      "select sequence, coalesce(length(source), 0) as size from changes where incarnation = ? limit ?",
    );
    this.#remove = database.prepare("delete from changes where sequence = ?");
  }

  latest(incarnation: number, id: string): Latest | undefined {
    const row = this.#latest.get(incarnation, id);
    return row === undefined ? undefined : { sequence: numberIn(row, "sequence"), deleted: row.deleted === 1 };
  }

  /** Puts a write in the place of the document's `previous` change. */
  put(write: DocumentWrite, at: { incarnation: number; shard: number; sequence: number }, previous?: Latest): void {
    const source = write.kind === "put" ? write.source : null;
    if (previous === undefined) this.#insert.run(at.sequence, at.incarnation, at.shard, write.id, source);
    else this.#replace.run(at.sequence, source, previous.sequence);
  }

  document(incarnation: number, id: string): StoredDocument | undefined {
    const row = this.#document.get(incarnation, id);
    if (row === undefined) return undefined;
    return { id, version: numberIn(row, "sequence"), source: bytesIn(row, "source") ?? new Uint8Array() };
  }

  /** The changes of a shard after a sequence, until they fill a page. */
  after({ incarnation, shard, after, limitBytes }: ReadRequest): ReadChanges {
    const changes: Change[] = [];
    let sizeBytes = 0;
    for (const row of this.#after.iterate(incarnation, shard, after)) {
      const change = changeIn(row);
      sizeBytes += changeSizeBytes(change);
      if (changes.length > 0 && sizeBytes > limitBytes) return { changes, more: true };
      changes.push(change);
    }
    return { changes, more: false };
  }

  /** Deletes changes of an incarnation, as many as fill a slice. Returns how many went. */
  removeSome(incarnation: number, limit: { changes: number; sizeBytes: number }): number {
    let removed = 0;
    let sizeBytes = 0;
    for (const row of this.#some.all(incarnation, limit.changes)) {
      this.#remove.run(numberIn(row, "sequence"));
      removed++;
      sizeBytes += numberIn(row, "size");
      if (sizeBytes >= limit.sizeBytes) break;
    }
    return removed;
  }
}

function changeIn(row: Row): Change {
  const sequence = numberIn(row, "sequence");
  const id = textIn(row, "id");
  const source = bytesIn(row, "source");
  return source === undefined ? { kind: "delete", id, sequence } : { kind: "put", id, sequence, source };
}
