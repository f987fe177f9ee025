import type { DatabaseSync } from "node:sqlite";
import { currentEra, type LogEra } from "../protocol/history.ts";
import { numberIn, textIn } from "./row.ts";

/** Followers of earlier eras than these begin anew. */
const erasMax = 1000;

/**
 * The eras of the log: every opening begins one, so that a store that was put back to an earlier state can be told from
 * the one that went on. Where the disk takes nothing, this opening's era is only remembered: a later opening then does
 * not know it, and its followers begin anew.
 */
export class EraTable {
  #eras: LogEra[] = [];
  /** Whether later openings will know of this one. */
  kept = false;

  constructor(database: DatabaseSync, head: number) {
    const own: LogEra = { id: crypto.randomUUID(), since: head };
    try {
      database.exec(`begin immediate;
        create table if not exists eras (place integer primary key, id text not null, since integer not null)`);
      this.#eras = read(database);
      database.prepare("insert into eras (id, since) values (?, ?)").run(own.id, own.since);
      database.prepare("delete from eras where place <= (select max(place) from eras) - ?").run(erasMax);
      database.exec("commit");
      this.kept = true;
    } catch {
      if (database.isTransaction) database.exec("rollback");
    }
    this.#eras.push(own);
  }

  /** The era that this opening began. */
  get own(): string {
    return currentEra(this.#eras);
  }

  all(): LogEra[] {
    return this.#eras;
  }
}

function read(database: DatabaseSync): LogEra[] {
  const rows = database.prepare("select id, since from eras order by place").all();
  return rows.map((row) => ({ id: textIn(row, "id"), since: numberIn(row, "since") }));
}
