import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";
import { numberIn, type Row, textIn } from "./row.ts";

/** What an append needs to know of an index. */
export type IndexShape = { incarnation: number; shards: number };

/** The indexes that stand, the names that point at them, and the dropped ones whose rows are still to be deleted. */
export class IndexTable {
  readonly #all: StatementSync;
  readonly #find: StatementSync;
  readonly #shape: StatementSync;
  readonly #stands: StatementSync;
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #addDropped: StatementSync;
  readonly #dropped: StatementSync;
  readonly #forgetDropped: StatementSync;
  readonly #aliases: StatementSync;
  readonly #alias: StatementSync;
  readonly #setAlias: StatementSync;
  readonly #removeAlias: StatementSync;
  readonly #aliasesOf: StatementSync;
  readonly #removeAliasesOf: StatementSync;

  constructor(database: DatabaseSync) {
    this.#all = database.prepare("select name, incarnation, settings from indexes order by incarnation");
    this.#find = database.prepare("select name, incarnation, settings from indexes where name = ?");
    this.#shape = database.prepare("select incarnation, shards from indexes where name = ?");
    this.#stands = database.prepare("select 1 from indexes where incarnation = ?");
    this.#add = database.prepare("insert into indexes (incarnation, name, settings, shards) values (?, ?, ?, ?)");
    this.#remove = database.prepare("delete from indexes where incarnation = ?");
    this.#addDropped = database.prepare("insert into dropped (incarnation) values (?)");
    this.#dropped = database.prepare("select incarnation from dropped limit 1");
    this.#forgetDropped = database.prepare("delete from dropped where incarnation = ?");
    this.#aliases = database.prepare("select alias, target from aliases order by alias");
    this.#alias = database.prepare("select target from aliases where alias = ?");
    this.#setAlias = database.prepare("insert or replace into aliases (alias, target) values (?, ?)");
    this.#removeAlias = database.prepare("delete from aliases where alias = ?");
    this.#aliasesOf = database.prepare("select alias from aliases where target = ? order by alias");
    this.#removeAliasesOf = database.prepare("delete from aliases where target = ?");
  }

  all(): IndexDefinition[] {
    return this.#all.all().map(definitionIn);
  }

  find(index: string): IndexDefinition | undefined {
    const row = this.#find.get(index);
    return row === undefined ? undefined : definitionIn(row);
  }

  shape(index: string): IndexShape | undefined {
    const row = this.#shape.get(index);
    return row === undefined
      ? undefined
      : { incarnation: numberIn(row, "incarnation"), shards: numberIn(row, "shards") };
  }

  stands(incarnation: number): boolean {
    return this.#stands.get(incarnation) !== undefined;
  }

  add({ index, incarnation, settings }: IndexDefinition): void {
    this.#add.run(incarnation, index, JSON.stringify(settings), settings.shards);
  }

  /** Takes an index and its aliases away, which it answers, in order; the index's rows are left to `dropped`. */
  drop(index: string, incarnation: number): string[] {
    const aliases = this.#aliasesOf.all(index).map((row) => textIn(row, "alias"));
    this.#remove.run(incarnation);
    this.#removeAliasesOf.run(index);
    this.#addDropped.run(incarnation);
    return aliases;
  }

  /** A dropped incarnation that may still have rows. */
  dropped(): number | undefined {
    const row = this.#dropped.get();
    return row === undefined ? undefined : numberIn(row, "incarnation");
  }

  forgetDropped(incarnation: number): void {
    this.#forgetDropped.run(incarnation);
  }

  /** What an alias points at; undefined where the name is none. */
  targetOf(alias: string): string | undefined {
    const row = this.#alias.get(alias);
    return row === undefined ? undefined : textIn(row, "target");
  }

  aliases(): Record<string, string> {
    return Object.fromEntries(this.#aliases.all().map((row) => [textIn(row, "alias"), textIn(row, "target")]));
  }

  setAlias(alias: string, target: string | null): void {
    if (target === null) this.#removeAlias.run(alias);
    else this.#setAlias.run(alias, target);
  }
}

function definitionIn(row: Row): IndexDefinition {
  const settings: IndexSettings = JSON.parse(textIn(row, "settings"));
  return { index: textIn(row, "name"), incarnation: numberIn(row, "incarnation"), settings };
}
