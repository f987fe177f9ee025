import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import type { ChangeLog, IndexLife } from "../../src/changes/log.ts";
import { newEmbeddedHome } from "./embedded-home.ts";
import type { LimitedReport } from "./limited-writer.ts";
import { put, settingsOf } from "./model.ts";

const source = "x".repeat(50_000);
const mounted = mountSmallDisk();
const canLimit = process.platform === "linux" && spawnSync("prlimit", ["--version"]).status === 0;
if (mounted === undefined)
  console.warn("NOT RUN: a truly full disk and a read-only one, which need the right to mount");
if (!canLimit) console.warn("NOT RUN: a disk that fails to write, which needs prlimit");

afterAll(() => {
  if (mounted === undefined) return;
  // A test that failed may have left a log open: the mount then goes when that does.
  execFileSync("umount", ["--lazy", mounted]);
  rmSync(mounted, { recursive: true });
});

/** Three megabytes of memory as a disk; nothing where that is not allowed. */
function mountSmallDisk(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const directory = mkdtempSync(join(tmpdir(), "hedgerow-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", directory], { stdio: "ignore" });
  if (status === 0) return directory;
  rmSync(directory, { recursive: true });
  return undefined;
}

/** Writes large documents, several at a time, until one is refused. Returns the ids that were taken. */
async function fill(log: ChangeLog, books: IndexLife): Promise<string[]> {
  const taken: string[] = [];
  let refused = false;
  for (let i = 0; !refused; i += 4) {
    const ids = [0, 1, 2, 3].map((more) => `${i + more}`);
    const results = await Promise.allSettled(ids.map((id) => log.append(books, [put(id, source)])));
    results.forEach((result, at) => {
      if (result.status === "fulfilled") taken.push(ids[at] ?? "");
      else expect(result.reason).toMatchObject({ code: "storage_unavailable", status: 503 });
    });
    refused = results.some(({ status }) => status === "rejected");
    expect(i).toBeLessThan(2_000);
  }
  return taken;
}

async function expectAll(log: ChangeLog, ids: readonly string[]): Promise<void> {
  for (const id of ids) expect((await log.get("books", id))?.source.length).toBe(source.length);
}

it.skipIf(mounted === undefined)(
  "refuses writes on a full disk, reads on, and loses nothing that it has taken",
  async () => {
    const directory = join(mounted ?? "", "full", "log");
    let log = await createEmbeddedLog({ directory });
    const { definition: books } = await log.createIndex("books", settingsOf(2));
    const taken = await fill(log, books);
    expect(taken.length).toBeGreaterThan(10);
    await expectAll(log, taken);
    const head = await log.head();
    await expect(log.append(books, [put("too large", source.repeat(100))])).rejects.toMatchObject({
      code: "storage_unavailable",
    });
    expect(await log.head()).toBe(head);
    await log.close();
    log = await createEmbeddedLog({ directory });
    await expectAll(log, taken);
    expect(await log.get("books", "too large")).toBeUndefined();
    await log.close();
  },
);

it.skipIf(mounted === undefined)("says which file it cannot open on a read-only disk", async () => {
  const directory = join(mounted ?? "", "read-only");
  execFileSync("mount", ["-o", "remount,rw,size=6m", mounted ?? ""]);
  await (await createEmbeddedLog({ directory })).close();
  execFileSync("mount", ["-o", "remount,ro", mounted ?? ""]);
  await expect(createEmbeddedLog({ directory })).rejects.toMatchObject({
    code: "storage_unavailable",
    message: expect.stringContaining(join(directory, "changes.db")),
  });
  execFileSync("mount", ["-o", "remount,rw", mounted ?? ""]);
  await (await createEmbeddedLog({ directory })).close();
});

it.skipIf(!canLimit)(
  "refuses writes that the operating system fails, and takes them again once it does not",
  async () => {
    const home = await newEmbeddedHome();
    const script = fileURLToPath(new URL("limited-writer.ts", import.meta.url));
    const ran = spawnSync(process.execPath, [script, home.directory], { encoding: "utf8" });
    expect(ran.stderr).toBe("");
    const { taken, refused, readable, takenAfter }: LimitedReport = JSON.parse(ran.stdout);
    expect(taken.length).toBeGreaterThan(5);
    expect(refused.length).toBeGreaterThan(5);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["storage_unavailable"]));
    expect(readable).toEqual(taken);
    expect(takenAfter).toBe(true);
    const log = await home.open();
    await expectAll(log, [...taken, "after"]);
    for (const { id } of refused) expect(await log.get("books", id)).toBeUndefined();
    await log.close();
    await home.remove();
  },
);

it("keeps its file below the size it was given, and takes small writes as long as they fit", async () => {
  const home = await newEmbeddedHome();
  let log = await createEmbeddedLog({ directory: home.directory, sizeBytesMax: 2 << 20 });
  const { definition: books } = await log.createIndex("books", settingsOf(2));
  const taken = await fill(log, books);
  expect(taken.length).toBeGreaterThan(10);
  expect(taken.length).toBeLessThan((2 << 20) / source.length);
  const [large, small] = await Promise.allSettled([
    log.append(books, [put("large", source.repeat(3))]),
    log.append(books, [put("small")]),
  ]);
  expect([large.status, small.status]).toEqual(["rejected", "fulfilled"]);
  await log.close();
  log = await home.open();
  await expectAll(log, taken);
  await log.append(books, [put("more", source)]);
  await log.close();
  await home.remove();
});
