import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ForgottenDeletes } from "../protocol/history.ts";
import type { EraTable } from "./era-table.ts";
import type { Forgotten, LogShard } from "./log.ts";
import { numberIn, textIn } from "./row.ts";

const schema = `
  create table if not exists forgotten (place integer primary key, incarnation integer not null, shard integer not null,
    id text not null, deletes integer not null, since integer not null, opening text not null);
  create index if not exists forgotten_by_shard on forgotten (incarnation, shard, place);
  create index if not exists changes_deleted on changes (incarnation, shard, sequence) where source is null;
`;
/** Followers that were last told of earlier times than these begin anew. */
const timesMax = 100;
/** A shard is cleared when it has so many times what it is to keep, so that it is seldom done. */
const slack = 1.25;

type Clearing = LogShard & { upTo: number };

/**
 * The deletes of each shard beyond those that are kept: when there are many, a time of forgetting begins, which is
 * written down before any of them goes, and then they go slice by slice.
 */
export class DeleteTable {
  readonly #database: DatabaseSync;
  readonly #kept: number;
  readonly #eras: EraTable;
  /** Deletes that were written since a shard was last counted. */
  readonly #noted = new Map<string, number>();
  readonly #due: LogShard[] = [];
  #clearing: Clearing | undefined;
  #statements: Statements | undefined;

  constructor(database: DatabaseSync, { kept, eras }: { kept: number; eras: EraTable }) {
    this.#database = database;
    this.#kept = kept;
    this.#eras = eras;
    this.#statements = prepare(database);
  }

  /** Takes in that a shard has one more delete. */
  note({ incarnation, shard }: LogShard): void {
    const key = `${incarnation}/${shard}`;
    const isFirst = !this.#noted.has(key);
    const noted = (this.#noted.get(key) ?? 0) + 1;
    this.#noted.set(key, noted);
    // What earlier openings left is counted with the first.
    if (!isFirst && noted <= this.#kept * (slack - 1)) return;
    this.#noted.set(key, 0);
    this.#due.push({ incarnation, shard });
  }

  get isDue(): boolean {
    // A later opening must find the time of forgetting in its place among the openings.
    return this.#eras.kept && (this.#clearing !== undefined || this.#due.length > 0);
  }

  /** Counts a shard, or forgets a slice of its deletes; within the caller's transaction. */
  forgetSome(head: number, slice: number): void {
    const statements = this.#open();
    const next = this.#clearing ?? this.#begin(statements, head);
    if (next === undefined) return;
    const { incarnation, shard, upTo } = next;
    const rows = statements.oldest.all(incarnation, shard, upTo, slice);
    for (const row of rows) statements.remove.run(numberIn(row, "sequence"));
    this.#clearing = rows.length < slice ? undefined : next;
  }

  /** The last time of forgetting of a shard. */
  last({ incarnation, shard }: LogShard): Forgotten | undefined {
    const row = this.#statements?.last.get(incarnation, shard);
    return row === undefined ? undefined : { id: textIn(row, "id"), deletes: numberIn(row, "deletes") };
  }

  /** All times of forgetting of a shard that are remembered, the oldest first. */
  all({ incarnation, shard }: LogShard): ForgottenDeletes[] {
    const rows = this.#statements?.all.all(incarnation, shard) ?? [];
    return rows.map((row) => ({
      id: textIn(row, "id"),
      deletes: numberIn(row, "deletes"),
      since: numberIn(row, "since"),
      opening: textIn(row, "opening"),
    }));
  }

  /** To be called when a transaction was undone: a time of forgetting that was to begin may not have been written down. */
  recount(): void {
    this.#clearing = undefined;
    this.#noted.clear();
    this.#statements = prepare(this.#database);
  }

  /** Forgets an incarnation whose rows are gone. */
  drop(incarnation: number): void {
    this.#statements?.drop.run(incarnation);
    for (const key of this.#noted.keys()) if (key.startsWith(`${incarnation}/`)) this.#noted.delete(key);
  }

  /** Begins to forget where a shard has too many; `undefined` where it has not. */
  #begin(statements: Statements, head: number): Clearing | undefined {
    const due = this.#due.shift();
    if (due === undefined) return undefined;
    const { incarnation, shard } = due;
    const count = numberIn(statements.count.get(incarnation, shard) ?? {}, "count");
    if (count <= this.#kept * slack) return undefined;
    const row = statements.cut.get(incarnation, shard, count - this.#kept - 1) ?? {};
    const upTo = numberIn(row, "sequence");
    statements.add.run(incarnation, shard, crypto.randomUUID(), upTo, head, this.#eras.own);
    statements.trim.run(incarnation, shard, incarnation, shard, timesMax);
    return { incarnation, shard, upTo };
  }

  #open(): Statements {
    if (this.#statements === undefined) {
      this.#database.exec(schema);
      this.#statements = prepare(this.#database);
    }
    if (this.#statements === undefined) throw new Error("the table of forgotten deletes cannot be made");
    return this.#statements;
  }
}

type Statements = Record<
  "count" | "cut" | "oldest" | "remove" | "add" | "trim" | "last" | "all" | "drop",
  StatementSync
>;

/** `undefined` in a store that has never forgotten anything. */
function prepare(database: DatabaseSync): Statements | undefined {
  const known = database.prepare("select 1 from sqlite_schema where name = 'forgotten'").get();
  if (known === undefined) return undefined;
  const deleted = "from changes indexed by changes_deleted where incarnation = ? and shard = ? and source is null";
  const ofShard = "from forgotten where incarnation = ? and shard = ?";
  return {
    count: database.prepare(`select count(*) as count ${deleted}`),
    cut: database.prepare(`select sequence ${deleted} order by sequence limit 1 offset ?`),
    oldest: database.prepare(`select sequence ${deleted} and sequence <= ? order by sequence limit ?`),
    remove: database.prepare("delete from changes where sequence = ?"),
    add: database.prepare(
      "insert into forgotten (incarnation, shard, id, deletes, since, opening) values (?, ?, ?, ?, ?, ?)",
    ),
    trim: database.prepare(`delete ${ofShard} and place not in (select place ${ofShard} order by place desc limit ?)`),
    last: database.prepare(`select id, deletes ${ofShard} order by place desc limit 1`),
    all: database.prepare(`select id, deletes, since, opening ${ofShard} order by place`),
    drop: database.prepare("delete from forgotten where incarnation = ?"),
  };
}
