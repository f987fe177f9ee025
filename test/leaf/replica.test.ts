import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { createIndexing, type Indexing } from "../../src/leaf/indexing.ts";
import { createReplica, type Replica, type ReplicaSettings } from "../../src/leaf/replica.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import { sliceText } from "../../src/protocol/bytes.ts";
import type { Change } from "../../src/protocol/change.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { wordMark } from "../../src/protocol/statistics.ts";
import { yieldToLoop } from "../../src/time.ts";
import { testSettings } from "../engine/layout.ts";
import { virtualTime } from "../support/virtual-time.ts";

const encoder = new TextEncoder();
const indexing = createIndexing({ threads: 2 });
afterAll(() => indexing.close());

/** Limits so small that a few changes already seal and merge. */
const tiny: Partial<ReplicaSettings> = {
  appendedChangesMax: 4,
  partChangesMax: 16,
  memtableDocumentsMax: 6,
};

const definition = { index: "test", incarnation: 1, settings: testSettings };

/** `instead`: what of the workers' tasks goes otherwise. */
function replicaWith(settings: Partial<ReplicaSettings> = {}, instead: Partial<Indexing> = {}): Replica {
  return createReplica({ definition, shard: 0, indexing: { ...indexing, waiting: 0, ...instead }, settings });
}

const put = (id: string, sequence: number, body: string): Change => ({
  kind: "put",
  id,
  sequence,
  source: encoder.encode(JSON.stringify({ id, title: "", body })),
});

function planFor(term: string | undefined, top = 1000): Plan {
  return {
    index: "test",
    incarnation: 1,
    epoch: "1",
    bm25: testSettings.bm25,
    fieldBoosts: [1, 1],
    averageLengths: [1, 1],
    clauses: term === undefined ? [] : [{ occur: "optional", terms: [{ term, weight: 1 }] }],
    matchAtLeast: 1,
    top,
  };
}

/** The bodies of the living documents by id. */
function contents({ shard }: Replica, term?: string): Record<string, unknown> {
  const search = shard.prepare(planFor(term));
  while (!search.step(() => false));
  const { hits, sources } = search.finish();
  const texts = sources.map(sliceText);
  return Object.fromEntries(hits.map(({ id }, i) => [id, JSON.parse(texts[i] ?? "").body]));
}

type Written = { id: number; deleted: boolean };
const written = fc.record({ id: fc.nat(30), deleted: fc.nat(4).map((n) => n === 0) });
const history = fc.array(fc.array(written, { maxLength: 40 }), { minLength: 1, maxLength: 8 });

describe("a replica", () => {
  test("holds the last change of every document, however batches are repeated and overlap", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.nat(7), { maxLength: 4 }), async (batches, again) => {
        const replica = replicaWith(tiny);
        const expected: Record<string, string> = {};
        let sequence = 0;
        const encode = (batch: readonly Written[]): Change[] =>
          batch.map(({ id, deleted }) => {
            const name = `d${id}`;
            sequence++;
            if (deleted) delete expected[name];
            else expected[name] = `v${sequence}`;
            return deleted ? { kind: "delete", id: name, sequence } : put(name, sequence, `v${sequence}`);
          });
        const sent = batches.map((batch) => ({ changes: encode(batch), upTo: sequence }));
        const applied = sent.map(({ changes, upTo }) => replica.apply(encodeChanges(changes), upTo));
        for (const place of again) {
          const { changes, upTo } = sent[place] ?? { changes: [], upTo: 0 };
          const before = sent[place - 1]?.changes ?? [];
          applied.push(replica.apply(encodeChanges([...before, ...changes]), upTo));
        }
        const sequences = await Promise.all(applied);
        expect(sequences.slice(0, sent.length).every((reached, i) => reached >= (sent[i]?.upTo ?? 0))).toBe(true);
        expect(contents(replica)).toEqual(expected);
        await replica.settled();
        expect(contents(replica)).toEqual(expected);
        expect(replica.status()).toMatchObject({ sequence, documents: Object.keys(expected).length });
        const { terms, counts } = replica.shard.statistics(undefined, 1e6);
        const sums = new Map<string, number>();
        terms.forEach((term, i) => void sums.set(term, (sums.get(term) ?? 0) + (counts[i] ?? 0)));
        const held = [...sums].filter(([, count]) => count !== 0).sort();
        // Each word is its own term.
        const bodies = Object.values(expected);
        expect(held).toEqual([...bodies, ...bodies.map((body) => wordMark + body)].map((term) => [term, 1]).sort());
        await replica.close();
      }),
      { seed: 31, numRuns: 60 },
    );
  });

  test("shows a batch whole or not at all while it is applied, sealed and merged", async () => {
    const replica = replicaWith(tiny);
    const ids = Array.from({ length: 50 }, (_id, i) => `d${i}`);
    let sequence = 0;
    const round = (version: number, size: number) =>
      encodeChanges(ids.slice(0, size).map((id) => put(id, ++sequence, `r${version}`)));
    await replica.apply(round(0, 50), sequence);
    let watching = true;
    const seen: { documents: number; versions: number }[] = [];
    const watch = async (): Promise<void> => {
      while (watching) {
        const bodies = contents(replica);
        const together = new Set(["d0", "d1", "d2"].map((id) => bodies[id]));
        seen.push({ documents: Object.keys(bodies).length, versions: together.size });
        await yieldToLoop();
      }
    };
    const watcher = watch();
    for (let version = 1; version <= 30; version++) {
      await replica.apply(round(version, version % 3 === 0 ? 12 : 3), sequence);
    }
    await replica.settled();
    watching = false;
    await watcher;
    expect(seen.length).toBeGreaterThan(10);
    expect(new Set(seen.map((look) => JSON.stringify(look)))).toEqual(new Set(['{"documents":50,"versions":1}']));
    expect(replica.status().segments).toBeGreaterThan(0);
    await replica.close();
  });

  test("keeps what is no JSON object as an empty document and goes on", async () => {
    const replica = replicaWith();
    const broken = (id: string, sequence: number, text: string): Change => ({
      kind: "put",
      id,
      sequence,
      source: encoder.encode(text),
    });
    const changes = ["{", "[1]", "null", "\u0000", '{"body":{"deep":["x"]},"title":[1,["two",null]]}'];
    await replica.apply(encodeChanges(changes.map((text, i) => broken(`b${i}`, i + 1, text))), 5);
    await replica.apply(encodeChanges([put("good", 6, "fox")]), 6);
    expect(Object.keys(contents(replica))).toEqual(["b0", "b1", "b2", "b3", "b4", "good"]);
    expect(contents(replica, "fox")).toEqual({ good: "fox" });
    expect(Object.keys(contents(replica, "two"))).toEqual(["b4"]);
    await replica.close();
  });

  test("refuses a damaged batch and takes it when it is sent whole", async () => {
    const replica = replicaWith();
    const batch = encodeChanges([put("a", 1, "fox")]);
    await expect(replica.apply(batch.subarray(0, batch.length - 1), 1)).rejects.toThrow(RangeError);
    expect(await replica.apply(batch, 1)).toBe(1);
    expect(contents(replica)).toEqual({ a: "fox" });
    await replica.close();
  });

  test("applies nothing after a batch that failed, until it is sent again", async () => {
    let failing = true;
    const replica = replicaWith(
      {},
      {
        analyze: async (settings, batches) => {
          if (!failing) return indexing.analyze(settings, batches);
          failing = false;
          throw new Error("the worker is gone");
        },
      },
    );
    const batches = [1, 2].map((sequence) => encodeChanges([put("a", sequence, `v${sequence}`)]));
    const results = await Promise.allSettled(batches.map((batch, i) => replica.apply(batch, i + 1)));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(replica.shard.sequence).toBe(0);
    for (const [i, batch] of batches.entries()) expect(await replica.apply(batch, i + 1)).toBe(i + 1);
    expect(contents(replica)).toEqual({ a: "v2" });
    await replica.close();
    await expect(replica.apply(encodeChanges([put("b", 9, "x")]), 9)).rejects.toMatchObject({ code: "not_ready" });
  });

  test("puts a merged segment in its place while a later batch still waits for a worker", async () => {
    const merging = Promise.withResolvers<void>();
    const sealing = Promise.withResolvers<void>();
    let sealed = 0;
    const replica = replicaWith(tiny, {
      seal: async (settings, batches) => {
        if (++sealed > 6) await sealing.promise;
        return indexing.seal(settings, batches);
      },
      merge: async (sources) => {
        await merging.promise;
        return indexing.merge(sources);
      },
    });
    const batch = (place: number) =>
      encodeChanges(Array.from({ length: 5 }, (_, i) => put(`d${place}-${i}`, place * 5 + i + 1, "bee")));
    for (let place = 0; place < 6; place++) await replica.apply(batch(place), place * 5 + 5);
    const last = replica.apply(batch(6), 35);
    expect(replica.status().segments).toBe(6);
    merging.resolve();
    await replica.settled();
    expect(replica.status()).toMatchObject({ segments: 1, documents: 30, sequence: 30 });
    sealing.resolve();
    expect(await last).toBe(35);
    expect(replica.status()).toMatchObject({ segments: 2, documents: 35 });
    await replica.close();
  });

  test("says why it cannot merge, once as long as that lasts, and does so when it can", async () => {
    let reason: string | undefined = "no memory";
    const merge: Indexing["merge"] = async (sources) => {
      if (reason !== undefined) throw new Error(reason);
      return indexing.merge(sources);
    };
    const troubles: string[] = [];
    const parts = { definition, shard: 0, settings: tiny, onTrouble: (why: string) => void troubles.push(why) };
    const replica = createReplica({ ...parts, indexing: { ...indexing, waiting: 0, merge } });
    let sequence = 0;
    const write = async (): Promise<void> => {
      const changes = Array.from({ length: 60 }, () => put(`d${++sequence}`, sequence, "bee"));
      await replica.apply(encodeChanges(changes), sequence);
      await replica.settled();
    };
    for (reason of ["no memory", "no memory", "no worker", undefined, "no worker"]) {
      await write();
      await write();
    }
    expect(troubles).toEqual(["no memory", "no worker", "no worker"]);
    expect(replica.status().documents).toBe(sequence);
    await replica.close();
  });

  test("gets through a change that is larger than a part, and advances without any change", async () => {
    const replica = replicaWith({ partBytesMax: 1000 });
    const long = "fox ".repeat(5000);
    await replica.apply(encodeChanges([put("a", 1, "bee"), put("b", 2, long), put("c", 3, "bee")]), 3);
    expect(Object.keys(contents(replica, "fox"))).toEqual(["b"]);
    expect(await replica.apply(new Uint8Array(), 8)).toBe(8);
    await replica.close();
  });

  test("becomes one segment once writing has paused, and not before", async () => {
    const time = virtualTime();
    const replica = createReplica({ definition, shard: 0, indexing, timers: time.timers, settings: { quietMs: 100 } });
    const write = async (from: number, count: number): Promise<void> => {
      const changes = Array.from({ length: count }, (_, i) => put(`d${from + i}`, from + i, `bee ${i}`));
      await replica.apply(encodeChanges(changes), from + count - 1);
    };
    await write(1, 300);
    await write(301, 300);
    await write(601, 100);
    time.advance(99);
    await write(701, 20);
    time.advance(99);
    await replica.settled();
    const before = contents(replica);
    expect(replica.status()).toMatchObject({ segments: 2, memtableDocuments: 120 });
    time.advance(1);
    await replica.settled();
    expect(replica.status()).toMatchObject({ segments: 1, memtableDocuments: 0, documents: 720 });
    expect(contents(replica)).toEqual(before);
    await replica.close();
    expect(time.pending).toBe(0);
  });
});
