import type { DatabaseSync } from "node:sqlite";
import type { Announcement } from "./members.ts";
import { textIn } from "./row.ts";

const schema = "create table if not exists members (name text primary key, announcement text not null) without rowid";

/** The leaves that have announced themselves. Stores of before there were any get the table with the first. */
export class MemberTable {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  all(): Announcement[] {
    const known = this.#database.prepare("select 1 from sqlite_schema where name = 'members'").get();
    if (known === undefined) return [];
    return this.#database
      .prepare("select announcement from members order by name")
      .all()
      .map((row) => JSON.parse(textIn(row, "announcement")));
  }

  set(member: Announcement): void {
    this.#database.exec(schema);
    this.#database
      .prepare("insert or replace into members (name, announcement) values (?, ?)")
      .run(member.name, JSON.stringify(member));
  }

  remove(name: string): void {
    this.#database.exec(schema);
    this.#database.prepare("delete from members where name = ?").run(name);
  }
}
