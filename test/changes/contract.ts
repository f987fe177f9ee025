import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AppendedShard, ChangeLog, CreateIndexResult, DocumentWrite } from "../../src/changes/log.ts";
import { shardOf } from "../../src/protocol/hashing.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";
import { readIndex, readShard } from "./follow.ts";
import { put, remove, settingsOf } from "./model.ts";
import { describeModel } from "./model-contract.ts";

/** An empty store of some kind, and the logs that can be opened on it one after the other. */
export type LogHome = { open(options?: { deletesKept?: number }): Promise<ChangeLog>; remove(): Promise<void> };

/** What every change log promises, whatever it is built on. */
export function describeChangeLog(name: string, newHome: () => Promise<LogHome>): void {
  describe(`${name}, as a change log`, () => {
    let home: LogHome;
    let log: ChangeLog;

    beforeEach(async () => {
      home = await newHome();
      log = await home.open();
    });
    afterEach(async () => {
      await log.close();
      await home.remove();
    });

    async function create(index: string, shards = 4): Promise<IndexDefinition> {
      return (await log.createIndex(index, settingsOf(shards))).definition;
    }
    async function versionOf(id: string): Promise<number | undefined> {
      return (await log.get("books", id))?.version;
    }

    it("lets exactly one of many simultaneous creators of a document win", async () => {
      const books = await create("books");
      const attempts = Array.from({ length: 50 }, (_, i) => log.append(books, [put("a", `${i}`, { kind: "absent" })]));
      const outcomes = (await Promise.all(attempts)).flatMap((one) => (one.kind === "appended" ? one.outcomes : []));
      const written = outcomes.flatMap((outcome) => (outcome.kind === "written" ? [outcome.sequence] : []));
      expect(outcomes).toHaveLength(50);
      expect(written).toEqual([await versionOf("a")]);
      for (const outcome of outcomes) {
        if (outcome.kind === "conflict") expect(outcome.currentVersion).toBe(written[0]);
      }
    });

    it("loses no update of writers who write only on the version that they have read", async () => {
      const books = await create("books");
      await log.append(books, [put("counter", "0")]);
      const increments = 20;
      const work = Array.from({ length: 4 }, async () => {
        for (let done = 0; done < increments; ) {
          const before = await log.get("books", "counter");
          const next = `${Number(Buffer.from(before?.source ?? []).toString()) + 1}`;
          const condition = { kind: "version" as const, version: before?.version ?? 0 };
          const result = await log.append(books, [put("counter", next, condition)]);
          if (result.kind === "appended" && result.outcomes[0]?.kind === "written") done++;
        }
      });
      await Promise.all(work);
      const counter = await log.get("books", "counter");
      expect(Buffer.from(counter?.source ?? []).toString()).toBe(`${4 * increments}`);
    });

    it("gives every write of simultaneous appends a sequence of its own, in the order of each append", async () => {
      const books = await create("books");
      const appends = Array.from({ length: 40 }, (_, i) =>
        log.append(books, [put(`${i}a`), put(`${i}b`), put(`${i}c`)]),
      );
      const sequences: number[] = [];
      for (const result of await Promise.all(appends)) {
        const own = result.kind === "appended" ? result.outcomes : [];
        const ownSequences = own.flatMap((outcome) => (outcome.kind === "written" ? [outcome.sequence] : []));
        expect(ownSequences).toEqual([...ownSequences].sort((a, b) => a - b));
        expect(result.kind === "appended" && result.sequence).toBe(ownSequences.at(-1));
        sequences.push(...ownSequences);
      }
      expect(new Set(sequences).size).toBe(120);
      expect(Math.max(...sequences)).toBe(await log.head());
    });

    it("keeps any id and source as they came", async () => {
      const books = await create("books", 3);
      const ids = [
        "a\u0000b",
        "a\u0000c",
        "\ufeffx",
        "x",
        "漢字",
        "👍🏽",
        "é",
        "e\u0301",
        "__proto__",
        "%",
        "x".repeat(512),
      ];
      const sources = ids.map((id, i) => (i === 0 ? "" : JSON.stringify({ id, body: "\u0000\ufeff" })));
      await log.append(
        books,
        ids.map((id, i) => put(id, sources[i])),
      );
      const seen = await readIndex(log, books);
      expect(seen.map(({ id, source }) => [id, source])).toEqual(ids.map((id, i) => [id, sources[i]]));
      for (const [i, id] of ids.entries()) {
        expect(Buffer.from((await log.get("books", id))?.source ?? []).toString()).toBe(sources[i]);
      }
    });

    it("refuses an id that is not well-formed, and writes nothing of that append", async () => {
      const books = await create("books");
      await expect(log.append(books, [put("a"), put("\ud800")])).rejects.toMatchObject({ code: "invalid_document" });
      expect(await versionOf("a")).toBeUndefined();
    });

    it("keeps a source of five megabytes that is a view into something larger", async () => {
      const books = await create("books", 1);
      const body = Buffer.alloc(8 << 20, "0123456789abcde");
      const source = body.subarray(1000, 1000 + (5 << 20));
      const write: DocumentWrite = { kind: "put", id: "big", source, condition: { kind: "none" } };
      await log.append(books, [write, put("small")]);
      const stored = await log.get("books", "big");
      expect(Buffer.compare(Buffer.from(stored?.source ?? []), source)).toBe(0);
      expect(body.length).toBe(8 << 20);
      const seen = await readShard(log, books, { shard: 0, after: 0, limitBytes: 1000 });
      expect(seen.map(({ id }) => id)).toEqual(["big", "small"]);
    });

    it("puts a document into the shard of its id, and nowhere else", async () => {
      const books = await create("books", 5);
      const ids = Array.from({ length: 200 }, (_, i) => `id-${i}`);
      await log.append(
        books,
        ids.map((id) => put(id)),
      );
      for (let shard = 0; shard < 5; shard++) {
        const seen = await readShard(log, books, { shard, after: 0, limitBytes: 1 << 20 });
        expect(seen.map(({ id }) => id)).toEqual(ids.filter((id) => shardOf(id, 5) === shard));
      }
    });

    it("brings a follower that reads while others write to the state of one that comes later", async () => {
      const books = await create("books", 1);
      const known = new Map<string, string | null>();
      let writing = true;
      const follow = async (): Promise<void> => {
        for (let after = 0, last = false; !last; ) {
          last = !writing;
          const page = await log.read({ ...books, shard: 0, after, limitBytes: 500 });
          for (const change of page.changes) {
            known.set(change.id, change.kind === "put" ? Buffer.from(change.source).toString() : null);
          }
          after = page.upTo;
          if (page.more) last = false;
        }
      };
      const write = async (): Promise<void> => {
        for (let i = 0; i < 150; i++) {
          const id = `${i % 17}`;
          await log.append(books, [i % 5 === 4 ? remove(id) : put(id, `${i}`), put(`${i % 7}`, `also ${i}`)]);
        }
        writing = false;
      };
      await Promise.all([follow(), write()]);
      const late = await readIndex(log, books);
      expect(known).toEqual(new Map(late.map(({ id, source }) => [id, source])));
    });

    it("answers a repeated append with what the first came to", async () => {
      const books = await create("books");
      const writes = [put("a", "1"), put("a", "2", { kind: "absent" }), remove("b"), put("c")];
      const [first, second] = await Promise.all([log.append(books, writes, "k"), log.append(books, writes, "k")]);
      await log.append(books, [put("a", "3")]);
      const head = await log.head();
      expect(second).toEqual(first);
      expect(await log.append(books, writes, "k")).toEqual(first);
      await log.close();
      log = await home.open();
      expect(await log.append(books, writes, "k")).toEqual(first);
      expect(await log.head()).toBe(head);
    });

    it("refuses an idempotency key that came with other writes, and one that is no key", async () => {
      const books = await create("books");
      await log.append(books, [put("a")], "k");
      for (const [key, writes] of [
        ["k", [put("a", "other")]],
        ["k", [remove("a")]],
        ["k", [put("a", "a", { kind: "absent" })]],
        ["", [put("a")]],
        ["x".repeat(257), [put("a")]],
      ] as const) {
        await expect(log.append(books, writes, key)).rejects.toMatchObject({ code: "invalid_request" });
      }
      await log.dropIndex("books");
      const anew = await create("books");
      expect(await log.append(anew, [put("b")], "k")).toMatchObject({ kind: "appended" });
    });

    it("creates an index once, says when another stands, and gives each life its own incarnation", async () => {
      const results = await Promise.all([
        log.createIndex("books", settingsOf(4)),
        log.createIndex("books", { ...settingsOf(4), placementSalt: 8 }),
        log.createIndex("books", settingsOf(4, 0.9)),
      ]);
      expect(results.map(({ kind }: CreateIndexResult) => kind)).toEqual(["created", "stands", "differs"]);
      for (const { definition } of results) expect(definition).toEqual(results[0].definition);
      const first = results[0].definition;
      await log.append(first, [put("a")]);
      expect(await log.dropIndex("books")).toEqual([]);
      expect(await log.dropIndex("books")).toBeUndefined();
      expect(await log.append(first, [put("a")])).toEqual({ kind: "unknown_index" });
      const second = await create("books");
      expect(second.incarnation).toBeGreaterThan(first.incarnation);
      expect(await versionOf("a")).toBeUndefined();
      expect(await readIndex(log, first)).toEqual([]);
      expect(await log.indexes()).toEqual([second]);
    });

    it("drops the life of an index that is named, and no other", async () => {
      const first = await create("books");
      await log.dropIndex("books", first.incarnation);
      const second = await create("books");
      const others = await create("others");
      await log.setAliases({ shelf: "books", library: "books", rest: "others" });
      for (const incarnation of [first.incarnation, second.incarnation + 1]) {
        expect(await log.dropIndex("books", incarnation)).toBeUndefined();
      }
      const aliases = { shelf: "books", library: "books", rest: "others" };
      expect([await log.indexes(), await log.aliases()]).toEqual([[second, others], aliases]);
      const drops = Array.from({ length: 4 }, () => log.dropIndex("books", second.incarnation));
      expect((await Promise.all(drops)).filter((dropped) => dropped)).toEqual([["library", "shelf"]]);
      expect([await log.indexes(), await log.aliases()]).toEqual([[others], { rest: "others" }]);
    });

    it.each([undefined, "key"])(
      "writes into the life of an index that is named, and into no other (key %j)",
      async (key) => {
        const first = await create("books");
        await log.append(first, [put("a", "first")], key);
        await log.dropIndex("books");
        const second = (await log.createIndex("books", settingsOf(2, 0.9))).definition;
        const head = await log.head();
        const never = { index: "books", incarnation: second.incarnation + 1 };
        for (const life of [first, never, { ...second, index: "others" }]) {
          expect(await log.append(life, [put("a", "first"), put("b")], key)).toEqual({ kind: "unknown_index" });
        }
        expect(await log.head()).toBe(head);
        expect(await readIndex(log, second)).toEqual([]);
        expect(await log.append(second, [put("b")], key)).toMatchObject({ kind: "appended" });
        expect((await readIndex(log, second)).map(({ id }) => id)).toEqual(["b"]);
      },
    );

    it("writes nothing into an index that is made anew while writes to the former come", async () => {
      const first = await create("books");
      const early = Array.from({ length: 20 }, (_, i) => log.append(first, [put(`early ${i}`)]));
      const dropped = log.dropIndex("books");
      const made = log.createIndex("books", settingsOf(2, 0.9));
      const late = Array.from({ length: 20 }, (_, i) => log.append(first, [put(`late ${i}`)]));
      await Promise.all([...early, ...late, dropped]);
      expect(await readIndex(log, (await made).definition)).toEqual([]);
    });

    it("switches several aliases at once, or none of them", async () => {
      await create("one");
      await create("two");
      await log.setAliases({ current: "one", spare: "two" });
      await log.setAliases({ current: "two", spare: null });
      expect(await log.aliases()).toEqual({ current: "two" });
      const refusals = [
        [{ current: "one", gone: "three" }, "index_not_found"],
        [{ current: "one", two: "one" }, "index_exists"],
        [{ current: "one", other: "current" }, "index_not_found"],
      ] as const;
      for (const [set, code] of refusals) await expect(log.setAliases(set)).rejects.toMatchObject({ code });
      await expect(log.createIndex("current", settingsOf(1))).rejects.toMatchObject({ code: "index_exists" });
      expect(await log.aliases()).toEqual({ current: "two" });
      await log.dropIndex("two");
      expect(await log.aliases()).toEqual({});
    });

    it("tells listeners which shards an append touched, until they leave", async () => {
      const books = await create("books", 4);
      const { incarnation } = books;
      const heard = new Map<number, AppendedShard>();
      const leave = log.onAppend((appended) => {
        for (const one of appended) heard.set(one.shard, one);
      });
      const ids = Array.from({ length: 40 }, (_, i) => `${i}`);
      const result = await log.append(books, [...ids.map((id) => put(id)), remove("never there")]);
      const expected = new Map<number, AppendedShard>();
      ids.forEach((id, i) => {
        const shard = shardOf(id, 4);
        expected.set(shard, { index: "books", incarnation, shard, sequence: incarnation + 1 + i });
      });
      await log.head();
      expect(result.kind === "appended" && result.sequence).toBe(incarnation + 40);
      expect(heard).toEqual(expected);
      leave();
      heard.clear();
      await log.append(books, [put("1")]);
      await log.head();
      expect(heard.size).toBe(0);
    });

    it("finishes what it has taken before it closes, and takes nothing after", async () => {
      const books = await create("books");
      const appends = Array.from({ length: 30 }, (_, i) => log.append(books, [put(`${i}`)]));
      const closed = log.close();
      await expect(log.append(books, [put("late")])).rejects.toMatchObject({ code: "not_ready" });
      await Promise.all([closed, log.close(), ...appends]);
      log = await home.open();
      expect(await versionOf("29")).toBeDefined();
      expect(await versionOf("late")).toBeUndefined();
    });

    it("goes on where it was when it is opened again", async () => {
      const books = await create("books");
      await log.append(books, [put("a"), put("b"), remove("a")]);
      await log.setAliases({ reading: "books" });
      const before = [await readIndex(log, books), await log.indexes(), await log.aliases(), await log.head()];
      await log.close();
      log = await home.open();
      expect([await readIndex(log, books), await log.indexes(), await log.aliases(), await log.head()]).toEqual(before);
    });
  });

  describeModel(name, newHome);
}
