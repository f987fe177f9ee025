import { mkdir, open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase, readPragma } from "../../src/changes/database.ts";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import { newEmbeddedHome } from "./embedded-home.ts";
import { put, settingsOf } from "./model.ts";

let home: Awaited<ReturnType<typeof newEmbeddedHome>>;
let file: string;

beforeEach(async () => {
  home = await newEmbeddedHome();
  file = join(home.directory, "changes.db");
});
afterEach(() => home.remove());

/** Leaves a log with some hundred documents behind. */
async function fillAndClose(): Promise<void> {
  const log = await home.open();
  const { definition: books } = await log.createIndex("books", settingsOf(2));
  await log.append(
    books,
    Array.from({ length: 300 }, (_, i) => put(`${i}`, "x".repeat(1000))),
  );
  await log.close();
}

describe("opening", () => {
  async function expectRefusal(saying: RegExp): Promise<void> {
    const before = await readFile(file);
    const refusal = await home.open().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code: "storage_unavailable", message: expect.stringMatching(saying) });
    expect(refusal).toMatchObject({ message: expect.stringContaining(file) });
    expect(before.equals(await readFile(file))).toBe(true);
  }

  it("refuses a directory that another log has open, and takes it when that one has closed", async () => {
    const first = await home.open();
    const refusal = home.open();
    await expect(refusal).rejects.toMatchObject({ code: "storage_unavailable" });
    await expect(refusal).rejects.toThrow(
      `${file} is in use by another process; stop that one, or name another directory with --data`,
    );
    await first.createIndex("books", settingsOf(2));
    await first.close();
    const second = await home.open();
    expect(await second.indexes()).toHaveLength(1);
    await second.close();
  });

  it.skipIf(process.platform !== "linux")("refuses a directory that the system does not make", async () => {
    const refusal = createEmbeddedLog({ directory: "/proc/hedgerow/data" });
    await expect(refusal).rejects.toMatchObject({ code: "storage_unavailable" });
    await expect(refusal).rejects.toThrow("/proc/hedgerow/data/changes.db cannot be opened");
  });

  it("makes its directory and those above it", async () => {
    const log = await createEmbeddedLog({ directory: join(home.directory, "a", "b") });
    await log.close();
    expect((await stat(join(home.directory, "a", "b", "changes.db"))).isFile()).toBe(true);
  });

  it("refuses what is no database", async () => {
    await writeFile(file, "this is no database ".repeat(1000));
    await expectRefusal(/damaged/);
  });

  it("refuses a file that was cut short", async () => {
    await fillAndClose();
    await truncate(file, Math.floor((await stat(file)).size / 2));
    await expectRefusal(/damaged/);
  });

  it("refuses a database of something else", async () => {
    const other = new DatabaseSync(file);
    other.exec("create table songs (title text)");
    other.close();
    await expectRefusal(/no change log.*; name another directory with --data$/);
  });

  it("refuses the format of a newer version", async () => {
    await fillAndClose();
    const newer = new DatabaseSync(file);
    newer.exec("pragma user_version = 99; pragma wal_checkpoint(truncate)");
    newer.close();
    await expectRefusal(/format 99.*use a newer one, or name another directory with --data$/);
  });

  it("refuses a place where no directory can be", async () => {
    await writeFile(join(home.directory, "taken"), "");
    const directory = join(home.directory, "taken", "log");
    await expect(createEmbeddedLog({ directory })).rejects.toMatchObject({
      code: "storage_unavailable",
      message: expect.stringContaining(directory),
    });
    await mkdir(file);
    await expect(home.open()).rejects.toMatchObject({ code: "storage_unavailable" });
  });
});

it("syncs the disk at every commit, which no killed process can show", () => {
  const database = openDatabase(home.directory, undefined);
  const fullSync = 2;
  expect(readPragma(database, "synchronous")).toBe(fullSync);
  expect(database.prepare("pragma journal_mode").get()).toEqual({ journal_mode: "wal" });
  database.close();
});

it("says that it is damaged when a read comes upon it, and answers what is whole", async () => {
  await fillAndClose();
  const { size } = await stat(file);
  const handle = await open(file, "r+");
  for (let at = 32 << 10; at < size; at += 4096) await handle.write(Buffer.alloc(4096, 0xff), 0, 4096, at);
  await handle.close();
  const log = await home.open();
  const [definition] = await log.indexes();
  expect(definition?.index).toBe("books");
  const read = log.read({
    index: "books",
    incarnation: definition?.incarnation ?? 0,
    shard: 0,
    after: 0,
    limitBytes: 1e9,
  });
  await expect(read).rejects.toMatchObject({ code: "internal", message: expect.stringContaining("damaged") });
  expect(await log.head()).toBe(301);
  await log.close();
});

it("refuses writes beyond what may wait, having written nothing of them, and takes more once there is room", async () => {
  const log = await createEmbeddedLog({ directory: home.directory, waitingBytesMax: 100_000 });
  const { definition: books } = await log.createIndex("books", settingsOf(2));
  const appends = Array.from({ length: 40 }, (_, i) => log.append(books, [put(`${i}`, "x".repeat(10_000))]));
  const results = await Promise.allSettled(appends);
  const taken = results.filter(({ status }) => status === "fulfilled");
  expect(taken).toHaveLength(9);
  for (const [i, result] of results.entries()) {
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "overloaded", status: 429 });
    expect((await log.get("books", `${i}`)) !== undefined).toBe(result.status === "fulfilled");
  }
  expect(await log.append(books, [put("alone", "x".repeat(500_000))])).toMatchObject({ kind: "appended" });
  await log.close();
});

it("gives back the space of a dropped index while it takes writes to another, whatever it was doing when it ended", async () => {
  let log = await home.open();
  const { definition: large } = await log.createIndex("large", settingsOf(2));
  const { definition: small } = await log.createIndex("small", settingsOf(2));
  for (let i = 0; i < 10; i++) {
    const writes = Array.from({ length: 1_000 }, (_, j) => put(`${i}-${j}`, "x".repeat(1_000)));
    await log.append(large, writes, `request-${i}`);
  }
  await log.dropIndex("large");
  const [page] = await Promise.all([log.read({ ...large, shard: 0, after: 0, limitBytes: 1e6 }), log.close()]);
  expect(page.changes).toEqual([]);
  const fullBytes = (await stat(file)).size;
  expect(fullBytes).toBeGreaterThan(5e6);
  log = await home.open();
  let writes = 0;
  for (; (await stat(file)).size > fullBytes / 2; writes++) {
    await log.append(small, [put(`${writes}`)]);
    expect(writes).toBeLessThan(3_000);
  }
  expect((await log.get("small", `${writes - 1}`))?.id).toBe(`${writes - 1}`);
  await log.close();
  const database = new DatabaseSync(file);
  expect(
    database.prepare("select count(*) as count from changes where incarnation = ?").get(large.incarnation)?.count,
  ).toBe(0);
  expect(database.prepare("select count(*) as count from receipts").get()?.count).toBe(0);
  database.close();
});
