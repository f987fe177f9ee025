import { createHash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HedgerowError } from "../errors.ts";
import type { OutcomeRun } from "./outcome-runs.ts";
import { bytesIn, numberIn, textIn } from "./row.ts";

/** What an append with an idempotency key came to. */
export type AppendReceipt = { runs: OutcomeRun[]; sequence: number };

/** Which request a receipt is of: the caller's key for one index, and what it asked for. */
export type ReceiptKey = { incarnation: number; key: string; fingerprint: Uint8Array };

/** How much is remembered; the oldest are forgotten first. No clock is asked: machines disagree about the time. */
export type ReceiptLimits = { receipts: number; sizeBytes: number };

const defaultLimits: ReceiptLimits = { receipts: 100_000, sizeBytes: 64 << 20 };

/** The results of appends that carried an idempotency key, so that repeating one answers what the first did. */
export class ReceiptTable {
  readonly #limits: ReceiptLimits;
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  readonly #totals: StatementSync;
  readonly #oldest: StatementSync;
  readonly #forget: StatementSync;
  readonly #some: StatementSync;
  #known: { receipts: number; sizeBytes: number } | undefined;

  constructor(database: DatabaseSync, limits: ReceiptLimits = defaultLimits) {
    this.#limits = limits;
    this.#find = database.prepare("select fingerprint, result from receipts where incarnation = ? and key = ?");
    this.#add = database.prepare("insert into receipts (incarnation, key, fingerprint, result) values (?, ?, ?, ?)");
    this.#totals = database.prepare(
      "select count(*) as receipts, coalesce(sum(length(result)), 0) as size from receipts",
    );
    this.#oldest = database.prepare("select turn, length(result) as size from receipts order by turn limit 1");
    this.#forget = database.prepare("delete from receipts where turn = ?");
    this.#some = database.prepare("select turn from receipts where incarnation = ? limit ?");
  }

  /** What the first request with this key came to. Throws `invalid_request` when that one asked for something else. */
  find({ incarnation, key, fingerprint }: ReceiptKey): AppendReceipt | undefined {
    const row = this.#find.get(incarnation, key);
    if (row === undefined) return undefined;
    if (Buffer.compare(bytesIn(row, "fingerprint") ?? new Uint8Array(), fingerprint) !== 0) {
      const detail = `the idempotency key "${key}" came before with other writes; a new request needs a new key`;
      throw new HedgerowError("invalid_request", detail);
    }
    const receipt: AppendReceipt = JSON.parse(textIn(row, "result"));
    return receipt;
  }

  /** Remembers a result, and forgets the oldest beyond the limits. */
  add({ incarnation, key, fingerprint }: ReceiptKey, receipt: AppendReceipt): void {
    const totals = this.#count();
    const result = JSON.stringify(receipt);
    this.#add.run(incarnation, key, fingerprint, result);
    totals.receipts++;
    totals.sizeBytes += result.length;
    while (totals.receipts > this.#limits.receipts || totals.sizeBytes > this.#limits.sizeBytes) {
      const row = this.#oldest.get();
      if (row === undefined) break;
      this.#forget.run(numberIn(row, "turn"));
      totals.receipts--;
      totals.sizeBytes -= numberIn(row, "size");
    }
  }

  /** Forgets some results of an incarnation that was dropped. Returns how many. */
  removeSome(incarnation: number, count: number): number {
    this.recount();
    const rows = this.#some.all(incarnation, count);
    for (const row of rows) this.#forget.run(numberIn(row, "turn"));
    return rows.length;
  }

  /** To be called when a transaction was undone: what was counted may be wrong. */
  recount(): void {
    this.#known = undefined;
  }

  #count(): { receipts: number; sizeBytes: number } {
    if (this.#known !== undefined) return this.#known;
    const row = this.#totals.get() ?? {};
    this.#known = { receipts: numberIn(row, "receipts"), sizeBytes: numberIn(row, "size") };
    return this.#known;
  }
}

/** What a request asked for, in 32 bytes. */
export function fingerprintOf(writes: Uint8Array): Uint8Array {
  return createHash("sha256").update(writes).digest();
}
