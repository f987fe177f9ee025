import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { createIndexing } from "../../src/leaf/indexing.ts";
import type { HeldReplica } from "../../src/leaf/replicas.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import type { Change } from "../../src/protocol/change.ts";
import { testSettings } from "../engine/layout.ts";
import { answersOf, keptEras, keptHome } from "../support/kept-replica.ts";

const indexing = createIndexing({ threads: 2 });
afterAll(() => indexing.close());

const encoder = new TextEncoder();

type Written = { id: number; title: string; body: string; deleted: boolean };
const text = fc.array(fc.constantFrom("fox", "bee", "sea", "wind"), { maxLength: 5 }).map((all) => all.join(" "));
const written: fc.Arbitrary<Written> = fc.record({
  id: fc.nat(25),
  title: text,
  body: text,
  deleted: fc.nat(4).map((n) => n === 0),
});
const history = fc.array(fc.array(written, { minLength: 1, maxLength: 30 }), { minLength: 2, maxLength: 6 });

type Batch = { bytes: Uint8Array; upTo: number };

function batchesOf(batches: readonly (readonly Written[])[]): Batch[] {
  let sequence = 0;
  return batches.map((batch) => {
    const changes = batch.map(({ id, deleted, ...fields }): Change => {
      const at = { id: `d${id}`, sequence: ++sequence };
      const source = encoder.encode(JSON.stringify({ id: at.id, ...fields, year: id }));
      return deleted ? { kind: "delete", ...at } : { kind: "put", ...at, source };
    });
    return { bytes: encodeChanges(changes), upTo: sequence };
  });
}

async function applyAll(replica: HeldReplica, batches: readonly Batch[]): Promise<void> {
  for (const { bytes, upTo } of batches) await replica.apply(bytes, upTo);
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

const fixed = batchesOf([
  Array.from({ length: 20 }, (_, id) => ({ id, title: "fox", body: "bee sea", deleted: false })),
  [{ id: 3, title: "wind", body: "wind", deleted: false }],
  [{ id: 4, title: "", body: "", deleted: true }],
]);

describe("a snapshot and the tail of the log", () => {
  test("are a fresh index over the whole log: hits, scores, sources and statistics", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), async (all, cuts) => {
        const batches = batchesOf(all);
        const [home, other] = [await keptHome(indexing), await keptHome(indexing)];
        const places = cuts.map((cut) => cut % batches.length).sort((a, b) => a - b);
        let from = 0;
        for (const to of [...places, batches.length]) {
          const replica = await home.open();
          expect(replica.sequence).toBe(batches[from - 1]?.upTo ?? 0);
          await applyAll(replica, batches.slice(from, to));
          from = to;
          await replica.close();
        }
        const [restored, fresh] = [await home.open(), await other.open()];
        await applyAll(fresh, batches);
        expect(answersOf(restored)).toEqual(answersOf(fresh));
        expect(home.warnings).toEqual([]);
        for (const replica of [restored, fresh]) await replica.drop();
        expect(await filesIn(home.directory)).toEqual([]);
        await Promise.all([home.remove(), other.remove()]);
      }),
      { seed: 61, numRuns: 25 },
    );
  });

  test("are whole at every moment of writing, whatever is copied meanwhile", async () => {
    const home = await keptHome(indexing, { changesMax: 1, sizeBytesMax: 1, ageMsMax: 0, pauseMs: 0 });
    const replica = await home.open();
    const reached: number[] = [];
    for (let round = 0; round < 15; round++) {
      await replica.apply(encodeChanges(roundOf(round)), 8 * (round + 1));
      const copy = await keptHome(indexing);
      // What goes away while it is copied is what the manifest no longer names, or a name that has just changed.
      await cp(home.directory, copy.directory, { recursive: true }).catch(() => undefined);
      const found = await copy.open();
      const expected = new Map<string, string>();
      for (let before = 0; before < found.sequence / 8; before++) {
        for (const { id, sequence } of roundOf(before)) expected.set(id, `{"id":"${id}","body":"v${sequence}"}`);
      }
      expect(answersOf(found)).toMatchObject({ all: { sources: [...expected].sort().map(([, source]) => source) } });
      reached.push(found.sequence);
      await found.drop();
      await copy.remove();
    }
    await replica.drop();
    await home.remove();
    expect(reached.some((sequence) => sequence > 0)).toBe(true);
  });
});

/** Eight changes of one round, whose documents tell which change wrote them. */
function roundOf(round: number): Change[] {
  return Array.from({ length: 8 }, (_, i): Change => {
    const sequence = 8 * round + i + 1;
    const id = `d${String((8 * round + i * 3) % 20).padStart(2, "0")}`;
    return { kind: "put", id, sequence, source: encoder.encode(`{"id":"${id}","body":"v${sequence}"}`) };
  });
}

describe("a snapshot that cannot be believed", () => {
  test("is named, dropped, and made up for by the log, wherever a byte of it is wrong", async () => {
    const home = await keptHome(indexing);
    const first = await home.open();
    await applyAll(first, fixed);
    const expected = answersOf(first);
    await first.close();
    const files = await filesIn(home.directory);
    expect(files.length).toBeGreaterThan(1);
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (file, place, flip) => {
        const copy = await keptHome(indexing);
        await cp(home.directory, copy.directory, { recursive: true });
        const path = (files[file % files.length] ?? "").replace(home.directory, copy.directory);
        const bytes = await readFile(path);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        await writeFile(path, bytes);
        const replica = await copy.open();
        expect(replica.sequence).toBe(0);
        expect(copy.warnings).toMatchObject([{ fields: { index: "test", shard: 0 } }]);
        await applyAll(replica, fixed);
        expect(answersOf(replica)).toEqual(expected);
        await replica.drop();
        await copy.remove();
      }),
      { seed: 62, numRuns: 60 },
    );
    await home.remove();
  });

  test.each([
    ["cut short", async (path: string) => writeFile(path, (await readFile(path)).subarray(0, -1))],
    ["empty", (path: string) => writeFile(path, "")],
    ["of something else", (path: string) => writeFile(path, "a file of some other program, long enough")],
  ])("may also be %s", async (_name, damage) => {
    const home = await keptHome(indexing);
    const first = await home.open();
    await applyAll(first, fixed);
    await first.close();
    for (const path of await filesIn(home.directory)) await damage(path);
    const replica = await home.open();
    expect(replica.sequence).toBe(0);
    expect(home.warnings).toHaveLength(1);
    await replica.drop();
    await home.remove();
  });

  test("is of another log, of a state that the log no longer has, or of other settings", async () => {
    const later = [
      { id: "first", since: 0 },
      { id: "second", since: 21 },
    ] as const;
    const home = await keptHome(indexing);
    const wrote = await home.open();
    await applyAll(wrote, fixed);
    await wrote.close();
    const sequences: number[] = [];
    const attempts = [
      () => home.open(keptEras),
      () =>
        home.open([
          { id: "first", since: 0 },
          { id: "second", since: 22 },
        ]),
      () => home.open(later),
      () => home.open([{ id: "other", since: 0 }]),
      () => home.open([]),
      () => home.open(keptEras, { ...testSettings, language: "en" }),
    ];
    for (const attempt of attempts) {
      const copy = await keptHome(indexing);
      await cp(home.directory, copy.directory, { recursive: true });
      const replica = await attempt();
      sequences.push(replica.sequence);
      await replica.drop();
      await cp(copy.directory, home.directory, { recursive: true });
      await copy.remove();
    }
    expect(sequences).toEqual([22, 22, 0, 0, 0, 0]);
    await home.remove();
  });
});

describe("a snapshot that cannot be written", () => {
  test("leaves nothing on the disk, which may be full", async () => {
    const home = await keptHome(indexing);
    const replica = await home.open();
    await applyAll(replica, fixed);
    // A file cannot take a directory's place: this fails at the last step, with everything else written.
    await mkdir(join(home.directory, "1-0", "manifest"), { recursive: true });
    await replica.close();
    expect(home.warnings).toHaveLength(1);
    expect(await filesIn(home.directory)).toEqual([]);
    await home.remove();
  });
});

describe("a replica that lives", () => {
  test("knows when the log was put back under it", async () => {
    const home = await keptHome(indexing);
    const replica = await home.open();
    await applyAll(replica, fixed);
    expect(replica.follow(keptEras)).toBe(true);
    expect(replica.follow([...keptEras, { id: "second", since: 30 }])).toBe(true);
    expect(replica.follow([...keptEras, { id: "third", since: 10 }])).toBe(false);
    await replica.drop();
    await home.remove();
  });
});

describe("the store", () => {
  test("frees what no longer stands, and nothing that came after it was asked", async () => {
    const home = await keptHome(indexing);
    for (const incarnation of [3, 5, 9]) await cp(import.meta.filename, `${home.directory}/${incarnation}-0/manifest`);
    await home.store.retain({ standing: [5], head: 6, placed: [] });
    expect((await readdir(home.directory)).sort()).toEqual(["5-0", "9-0"]);
    await home.remove();
  });
});
