import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HedgerowError, messageOf } from "../errors.ts";
import { makeDurableDirectory } from "./durable-directory.ts";

/** "HDGR": tells a change log from any other SQLite file. */
const applicationId = 0x48444752;
const formatVersion = 1;
const fileName = "changes.db";
const elsewhere = "name another directory with --data";

const pageBytes = 4096;
const cacheKib = 32 * 1024;
/** A checkpoint stalls the log while it copies, so it comes often enough to be short. */
const checkpointPages = 4096;
const walBytesMax = 64 << 20;

/**
 * `changes` holds the latest change of every document under its sequence; a `source` of null is a tombstone. Rows are
 * found by document and, for followers, by shard in sequence order. `dropped` lists incarnations whose rows still wait
 * to be deleted. `receipts` remembers the results of appends that carried an idempotency key, oldest first by `turn`.
 */
const schema = `
  create table head (sequence integer not null);
  insert into head values (0);
  create table indexes (incarnation integer primary key, name text not null unique, settings text not null, shards integer not null);
  create table aliases (alias text primary key, target text not null) without rowid;
  create table changes (sequence integer primary key, incarnation integer not null, shard integer not null, id text not null, source blob);
  create unique index changes_by_document on changes (incarnation, id);
  create index changes_by_shard on changes (incarnation, shard, sequence);
  create table dropped (incarnation integer primary key);
  create table receipts (turn integer primary key, incarnation integer not null, key text not null, fingerprint blob not null, result text not null);
  create unique index receipts_by_key on receipts (incarnation, key);
`;

/**
 * Opens the store in a directory, creating both where they are missing, and keeps it for this process alone. Throws
 * `storage_unavailable`, naming the file, when it is in use, damaged, of a newer version or out of reach.
 */
export function openDatabase(directory: string, sizeBytesMax: number | undefined): DatabaseSync {
  const file = join(directory, fileName);
  let database: DatabaseSync | undefined;
  try {
    makeDurableDirectory(directory);
    makePrivate(file);
    database = new DatabaseSync(file, { timeout: 0 });
    // Exclusive locking before the first access: one process at a time, and no shared memory file.
    database.exec("pragma locking_mode = exclusive");
    prepare(database, file);
    if (sizeBytesMax !== undefined) database.exec(`pragma max_page_count = ${Math.ceil(sizeBytesMax / pageBytes)}`);
    return database;
  } catch (error) {
    database?.close();
    throw openingError(error, file);
  }
}

/** SQLite would let everybody read a new file, and gives those beside it the same mode. */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch {
    // It is there already, or SQLite will say what is the matter.
  }
}

function prepare(database: DatabaseSync, file: string): void {
  const version = readPragma(database, "user_version");
  const tables = database.prepare("select count(*) as count from sqlite_schema").get()?.count;
  const isNew = version === 0 && tables === 0;
  if (!isNew && readPragma(database, "application_id") !== applicationId) {
    throw new HedgerowError(
      "storage_unavailable",
      `${file} is a database, but no change log of Hedgerow; ${elsewhere}`,
    );
  }
  if (version > formatVersion) {
    const detail = `${file} has format ${version}; this version of Hedgerow reads up to ${formatVersion}: use a newer one, or ${elsewhere}`;
    throw new HedgerowError("storage_unavailable", detail);
  }
  if (isNew) database.exec(`pragma page_size = ${pageBytes}; pragma auto_vacuum = incremental`);
  database.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma cache_size = -${cacheKib};
    pragma wal_autocheckpoint = ${checkpointPages};
    pragma journal_size_limit = ${walBytesMax};
  `);
  if (!isNew) return;
  database.exec(`begin immediate; ${schema}
    pragma application_id = ${applicationId}; pragma user_version = ${formatVersion}; commit`);
}

/** The value of a pragma that is a number. */
export function readPragma(database: DatabaseSync, name: string): number {
  const value = Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
  return typeof value === "number" ? value : 0;
}

const busy = 5;
const corrupt = 11;
const full = 13;
const notADatabase = 26;
/** Read-only, input or output failed, full, cannot open: the disk's doing. */
const diskCodes = new Set([8, 10, full, 14]);

/** SQLite's primary result code of an error it threw. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "errcode" in error && typeof error.errcode === "number")) return undefined;
  return error.errcode & 0xff;
}

/** Whether the store had no room for what was asked; something smaller may still fit. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === full;
}

/** Why the store did not do what was asked, as callers see it. */
export function storageError(error: unknown): HedgerowError {
  if (error instanceof HedgerowError) return error;
  const code = resultCode(error);
  const cause = messageOf(error);
  if (code !== undefined && diskCodes.has(code)) {
    return new HedgerowError("storage_unavailable", `the change log's disk refuses: ${cause}`);
  }
  if (code === corrupt || code === notADatabase) {
    return new HedgerowError("internal", `the change log is damaged: ${cause}; restore it from a backup`);
  }
  return new HedgerowError("internal", `the change log failed: ${cause}`);
}

function openingError(error: unknown, file: string): HedgerowError {
  if (error instanceof HedgerowError) return error;
  const code = resultCode(error);
  const cause = messageOf(error);
  const detail =
    code === busy
      ? `${file} is in use by another process; stop that one, or ${elsewhere}`
      : code === corrupt || code === notADatabase
        ? `${file} is damaged: ${cause}; restore it from a backup, or move it away to start with nothing`
        : `${file} cannot be opened: ${cause}; ${elsewhere}`;
  return new HedgerowError("storage_unavailable", detail);
}
