import type { DatabaseSync } from "node:sqlite";
import type { ChangeTable } from "./change-table.ts";
import { readPragma } from "./database.ts";
import type { DeleteTable } from "./delete-table.ts";
import type { IndexTable } from "./index-table.ts";
import type { ReceiptTable } from "./receipt-table.ts";

/** One slice holds the log up for some milliseconds. */
const slice = { changes: 300, receipts: 100, sizeBytes: 1 << 20, pages: 200 };

/** Free pages are kept for new writes up to this share of the file; beyond it they are given back. */
const freeShareMax = 0.25;
const freePagesMin = 1_024;

/** Where a dropped index has left something, or a shard its old deletes. */
export type Tables = { changes: ChangeTable; indexes: IndexTable; receipts: ReceiptTable; deletes: DeleteTable };

/**
 * Gives back, slice by slice, the space that dropped indexes leave and deletes that are old: first their rows, then the
 * file's free pages.
 */
export class Reclaimer {
  readonly #database: DatabaseSync;
  readonly #changes: ChangeTable;
  readonly #indexes: IndexTable;
  readonly #receipts: ReceiptTable;
  readonly #deletes: DeleteTable;
  #freedSome = false;

  constructor(database: DatabaseSync, { changes, indexes, receipts, deletes }: Tables) {
    this.#database = database;
    this.#changes = changes;
    this.#indexes = indexes;
    this.#receipts = receipts;
    this.#deletes = deletes;
  }

  /** Frees one slice, while the log stands at `head`. Returns whether there may be another. */
  reclaimSome(head: number): boolean {
    const incarnation = this.#indexes.dropped();
    if (incarnation === undefined && !this.#deletes.isDue) return this.#giveBackSome();
    this.#database.exec("begin immediate");
    try {
      if (incarnation === undefined) this.#deletes.forgetSome(head, slice.changes);
      else this.#removeSome(incarnation);
      this.#database.exec("commit");
      this.#freedSome = true;
      return true;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback");
      this.#deletes.recount();
      throw error;
    }
  }

  #removeSome(incarnation: number): void {
    const removed = this.#changes.removeSome(incarnation, slice);
    const forgotten = removed > 0 ? 0 : this.#receipts.removeSome(incarnation, slice.receipts);
    if (removed > 0 || forgotten > 0) return;
    this.#deletes.drop(incarnation);
    this.#indexes.forgetDropped(incarnation);
  }

  #giveBackSome(): boolean {
    const free = readPragma(this.#database, "freelist_count");
    if (free >= freePagesMin && free >= freeShareMax * readPragma(this.#database, "page_count")) {
      this.#database.exec(`pragma incremental_vacuum(${slice.pages})`);
      this.#freedSome = true;
      return true;
    }
    // The files themselves shrink when the write-ahead log has been carried over.
    if (this.#freedSome) this.#database.exec("pragma wal_checkpoint(truncate)");
    this.#freedSome = false;
    return false;
  }
}
