import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HedgerowError } from "../errors.ts";
import { encodeChanges } from "../protocol/batch.ts";
import { shardOf } from "../protocol/hashing.ts";
import { type LogEra, withForgotten } from "../protocol/history.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { requireAliases, requireNoAlias } from "./alias-rules.ts";
import { ChangeTable, type Latest } from "./change-table.ts";
import { openDatabase } from "./database.ts";
import { DeleteTable } from "./delete-table.ts";
import { EraTable } from "./era-table.ts";
import { type IndexShape, IndexTable } from "./index-table.ts";
import type { AppendedShard, DocumentWrite, LogShard, WriteOutcome } from "./log.ts";
import { MemberTable } from "./member-table.ts";
import type { ReadRequest, StoreChange, StoreQuery, StoreReply, ThreadOptions } from "./messages.ts";
import { addOutcome, type OutcomeRun } from "./outcome-runs.ts";
import { unpackWrites } from "./packed-writes.ts";
import { fingerprintOf, ReceiptTable } from "./receipt-table.ts";
import { Reclaimer } from "./reclaimer.ts";
import { numberIn } from "./row.ts";
import { sameWish } from "./same-wish.ts";
import { conditionHolds } from "./write-condition.ts";

/** What a transaction came to. */
export type Committed = { replies: StoreReply[]; appended: AppendedShard[] };

/** The log's tables behind plain, blocking calls. What `commit` returns is on the disk. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #changes: ChangeTable;
  readonly #indexes: IndexTable;
  readonly #receipts: ReceiptTable;
  readonly #reclaimer: Reclaimer;
  readonly #eras: EraTable;
  readonly #deletes: DeleteTable;
  readonly #members: MemberTable;
  readonly #saveHead: StatementSync;
  #head: number;
  #appended = new Map<string, AppendedShard>();

  constructor({ directory, sizeBytesMax, deletesKept }: ThreadOptions) {
    this.#database = openDatabase(directory, sizeBytesMax);
    this.#changes = new ChangeTable(this.#database);
    this.#indexes = new IndexTable(this.#database);
    this.#receipts = new ReceiptTable(this.#database);
    this.#saveHead = this.#database.prepare("update head set sequence = ?");
    this.#head = numberIn(this.#database.prepare("select sequence from head").get() ?? {}, "sequence");
    this.#eras = new EraTable(this.#database, this.#head);
    this.#deletes = new DeleteTable(this.#database, { kept: deletesKept, eras: this.#eras });
    this.#reclaimer = new Reclaimer(this.#database, {
      changes: this.#changes,
      indexes: this.#indexes,
      receipts: this.#receipts,
      deletes: this.#deletes,
    });
    this.#members = new MemberTable(this.#database);
  }

  /**
   * Carries out all changes in one transaction. A change that is refused (a `HedgerowError`) has written nothing and
   * stands alone; anything else that is thrown undoes them all and is thrown on.
   */
  commit(changes: readonly StoreChange[]): Committed {
    const headBefore = this.#head;
    this.#appended = new Map();
    try {
      this.#database.exec("begin immediate");
      const replies = changes.map((change) => this.#tryToApply(change));
      if (this.#head !== headBefore) this.#saveHead.run(this.#head);
      this.#database.exec("commit");
      return { replies, appended: [...this.#appended.values()] };
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback");
      this.#head = headBefore;
      this.#receipts.recount();
      throw error;
    }
  }

  query(query: StoreQuery): StoreReply {
    switch (query.kind) {
      case "get": {
        const shape = this.#indexes.shape(query.index);
        const document = shape === undefined ? undefined : this.#changes.document(shape.incarnation, query.id);
        return { kind: "document", document };
      }
      case "read":
        return this.#read(query);
      case "indexes":
        return { kind: "definitions", definitions: this.#indexes.all() };
      case "aliases":
        return { kind: "targets", targets: this.#indexes.aliases() };
      case "head":
        return { kind: "sequence", sequence: this.#head };
      case "eras":
        return { kind: "eras", eras: this.#erasOf(query.of) };
      case "members":
        return { kind: "members", members: this.#members.all() };
    }
  }

  /** Frees some of the space that dropped indexes and old deletes take. Returns whether there may be more to free. */
  reclaimSome(): boolean {
    return this.#reclaimer.reclaimSome(this.#head);
  }

  /** Whether some shard has more deletes than it is to keep. */
  get hasOldDeletes(): boolean {
    return this.#deletes.isDue;
  }

  close(): void {
    this.#database.close();
  }

  #tryToApply(change: StoreChange): StoreReply {
    try {
      return this.#apply(change);
    } catch (error) {
      if (error instanceof HedgerowError) return { kind: "failed", code: error.code, detail: error.message };
      throw error;
    }
  }

  #apply(change: StoreChange): StoreReply {
    switch (change.kind) {
      case "append":
        return this.#append(change);
      case "createIndex":
        return this.#createIndex(change.index, change.settings);
      case "dropIndex":
        return this.#dropIndex(change);
      case "setAliases":
        return this.#setAliases(change.set);
      case "setMember":
        this.#members.set(change.member);
        return { kind: "done" };
      case "removeMember":
        this.#members.remove(change.name);
        return { kind: "done" };
    }
  }

  #append({ index, incarnation, writes, idempotencyKey }: Extract<StoreChange, { kind: "append" }>): StoreReply {
    const shape = this.#indexes.shape(index);
    if (shape?.incarnation !== incarnation) return { kind: "unknown_index" };
    if (idempotencyKey === undefined) return { kind: "appended", ...this.#write(index, shape, writes) };
    const key = { incarnation, key: idempotencyKey, fingerprint: fingerprintOf(writes) };
    const before = this.#receipts.find(key);
    if (before !== undefined) return { kind: "appended", ...before };
    const receipt = this.#write(index, shape, writes);
    this.#receipts.add(key, receipt);
    return { kind: "appended", ...receipt };
  }

  #write(index: string, shape: IndexShape, writes: Uint8Array): { runs: OutcomeRun[]; sequence: number } {
    const runs: OutcomeRun[] = [];
    for (const write of unpackWrites(writes)) addOutcome(runs, this.#writeOne(index, shape, write));
    return { runs, sequence: this.#head };
  }

  #writeOne(index: string, { incarnation, shards }: IndexShape, write: DocumentWrite): WriteOutcome {
    const latest = this.#changes.latest(incarnation, write.id);
    const currentVersion = latest === undefined || latest.deleted ? undefined : latest.sequence;
    if (!conditionHolds(write.condition, currentVersion)) return { kind: "conflict", currentVersion };
    const found = currentVersion !== undefined;
    if (write.kind === "delete" && !found) return nothingToDelete(latest, this.#head);
    const sequence = ++this.#head;
    const shard = shardOf(write.id, shards);
    this.#changes.put(write, { incarnation, shard, sequence }, latest);
    if (write.kind === "delete") this.#deletes.note({ incarnation, shard });
    this.#appended.set(`${incarnation}/${shard}`, { index, incarnation, shard, sequence });
    return { kind: "written", sequence, found };
  }

  #createIndex(index: string, settings: IndexSettings): StoreReply {
    const standing = this.#indexes.find(index);
    if (standing !== undefined) {
      const kind = sameWish(standing.settings, settings) ? "stands" : "differs";
      return { kind: "index", result: { kind, definition: standing } };
    }
    requireNoAlias(index, this.#indexes.targetOf(index));
    const definition = { index, incarnation: ++this.#head, settings };
    this.#indexes.add(definition);
    return { kind: "index", result: { kind: "created", definition } };
  }

  #dropIndex({ index, incarnation }: Extract<StoreChange, { kind: "dropIndex" }>): StoreReply {
    const shape = this.#indexes.shape(index);
    if (shape === undefined || (incarnation ?? shape.incarnation) !== shape.incarnation)
      return { kind: "dropped", aliases: undefined };
    return { kind: "dropped", aliases: this.#indexes.drop(index, shape.incarnation) };
  }

  #setAliases(set: Record<string, string | null>): StoreReply {
    requireAliases(set, (name) => this.#indexes.shape(name) !== undefined);
    for (const [alias, target] of Object.entries(set)) this.#indexes.setAlias(alias, target);
    return { kind: "done" };
  }

  #read(request: ReadRequest): StoreReply {
    const stands = this.#indexes.stands(request.incarnation);
    const { changes, more } = stands ? this.#changes.after(request) : { changes: [], more: false };
    const upTo = more ? (changes.at(-1)?.sequence ?? request.after) : this.#head;
    const forgotten = this.#deletes.last(request);
    return { kind: "page", batch: encodeChanges(changes), upTo, more, forgotten };
  }

  #erasOf(of: LogShard | undefined): LogEra[] {
    const openings = this.#eras.all();
    return of === undefined ? openings : withForgotten(openings, this.#deletes.all(of));
  }
}

/** A delete of what is not there changes nothing, and leaves nothing behind: it holds since the last change. */
function nothingToDelete(latest: Latest | undefined, head: number): WriteOutcome {
  return { kind: "written", sequence: latest?.sequence ?? head, found: false };
}
