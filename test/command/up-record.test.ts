import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { UpRecord } from "../../src/command/up-record.ts";
import type { Timers } from "../../src/time.ts";

let directory = "";
const troubles: string[] = [];
const due = new Set<() => void>();
const timers: Timers = {
  after: (_delayMs, run) => {
    due.add(run);
    return { cancel: () => void due.delete(run) };
  },
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-record-"));
  troubles.length = 0;
  due.clear();
});
afterEach(() => rm(directory, { recursive: true }));

function newRecord(): UpRecord {
  return new UpRecord({ directory, timers, onTrouble: (message) => void troubles.push(message) });
}

async function read(): Promise<unknown> {
  return JSON.parse(await readFile(join(directory, "up.json"), "utf8"));
}

it("writes what is latest, and takes it away with all that it left", async () => {
  const record = newRecord();
  void record.write({ url: "a" });
  await record.write({ url: "b" });
  expect(await read()).toEqual({ url: "b" });
  await record.forget();
  expect(await readdir(directory)).toEqual([]);
  expect(troubles).toEqual([]);
});

it("outlives a disk that takes nothing, says so once, and writes as soon as it does", async () => {
  const record = newRecord();
  await record.write({ url: "old" });
  const inTheWay = join(directory, "up.json.new");
  await mkdir(inTheWay);
  await record.write({ url: "new" });
  await record.write({ url: "newer" });
  expect(troubles).toEqual([expect.stringContaining("up.json cannot be written: EISDIR")]);
  // None rather than one that tells of what is gone.
  expect(await readdir(directory)).toEqual(["up.json.new"]);
  await rm(inTheWay, { recursive: true });
  expect(due.size).toBe(1);
  for (const run of due) run();
  await record.write({ url: "newest" });
  expect(await read()).toEqual({ url: "newest" });
  expect(due.size).toBe(0);
});

it("tries no more once it is forgotten", async () => {
  const record = newRecord();
  await mkdir(join(directory, "up.json.new"));
  void record.write({ url: "a" });
  await record.forget();
  expect(due.size).toBe(0);
});
