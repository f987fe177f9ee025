import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChangeLog, DocumentWrite } from "../../src/changes/log.ts";
import { shardOf } from "../../src/protocol/hashing.ts";
import type { LogHome } from "./contract.ts";
import { readShard } from "./follow.ts";
import { ModelLog, put, remove, settingsOf } from "./model.ts";

const indexNames = ["books", "films"];
const ids = Array.from({ length: 12 }, (_, i) => `doc-${i}`);

/** A condition before the state is known: the version that stands is only known when the write is made. */
type Wish = "none" | "absent" | "current" | "stale";

type Step =
  | { kind: "append"; index: string; writes: { id: string; text: string | null; wish: Wish }[] }
  | { kind: "create"; index: string; shards: number; k1: number }
  | { kind: "drop"; index: string }
  | { kind: "reopen" }
  | { kind: "read"; index: string; shard: number; after: number; limitBytes: number };

const indexName = fc.constantFrom(...indexNames);
const write = fc.record({
  id: fc.constantFrom(...ids),
  text: fc.option(fc.string({ maxLength: 30, unit: "binary" }), { freq: 3 }),
  wish: fc.constantFrom<Wish[]>("none", "none", "none", "absent", "current", "current", "stale"),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      index: indexName,
      writes: fc.array(write, { maxLength: 8 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      index: indexName,
      shards: fc.integer({ min: 1, max: 4 }),
      k1: fc.constantFrom(0.9, 1.2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), index: indexName }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      index: indexName,
      shard: fc.nat(3),
      after: fc.nat(120),
      limitBytes: fc.constantFrom(1, 100, 300, 1 << 20),
    }),
  },
);

/** Compares a log with the model over random histories. */
export function describeModel(name: string, newHome: () => Promise<LogHome>): void {
  describe(`${name}, beside a model`, () => {
    it("comes to the model's outcomes and gives its documents and changes, after any history", async () => {
      const histories = fc.array(step, { minLength: 30, maxLength: 80, size: "max" });
      const run = fc.asyncProperty(histories, (steps) => replay(newHome, [createFirst, ...steps]));
      await fc.assert(run, { seed: 4417, numRuns: 20, endOnFailure: true });
    });
  });
}

const createFirst: Step = { kind: "create", index: "books", shards: 3, k1: 1.2 };

async function replay(newHome: () => Promise<LogHome>, steps: readonly Step[]): Promise<void> {
  const home = await newHome();
  const model = new ModelLog();
  let log = await home.open();
  try {
    for (const one of steps) {
      if (one.kind === "reopen") {
        await log.close();
        log = await home.open();
      } else await take(one, log, model);
    }
    await compareAll(log, model);
  } finally {
    await log.close();
    await home.remove();
  }
}

async function take(one: Exclude<Step, { kind: "reopen" }>, log: ChangeLog, model: ModelLog): Promise<void> {
  switch (one.kind) {
    case "append": {
      const writes = one.writes.map((wished) => writeOf(wished, one.index, model));
      const incarnation = model.indexes.get(one.index)?.incarnation ?? model.head;
      expect(await log.append({ index: one.index, incarnation }, writes)).toEqual(model.append(one.index, writes));
      return;
    }
    case "create": {
      const settings = settingsOf(model.indexes.get(one.index)?.settings.shards ?? one.shards, one.k1);
      const { kind, definition } = await log.createIndex(one.index, settings);
      expect(kind).toBe(model.create(one.index, settings));
      const known = model.indexes.get(one.index);
      expect(definition).toEqual({ index: one.index, incarnation: known?.incarnation, settings: known?.settings });
      return;
    }
    case "drop":
      expect(await log.dropIndex(one.index)).toEqual(model.drop(one.index) ? [] : undefined);
      return;
    case "read":
      await compareShard(log, model, one);
  }
}

function writeOf(
  wished: { id: string; text: string | null; wish: Wish },
  index: string,
  model: ModelLog,
): DocumentWrite {
  const version = model.indexes.get(index)?.entries.get(wished.id)?.sequence ?? 1;
  const condition =
    wished.wish === "none" || wished.wish === "absent"
      ? { kind: wished.wish }
      : { kind: "version" as const, version: wished.wish === "current" ? version : version - 1 };
  return wished.text === null ? remove(wished.id, condition) : put(wished.id, wished.text, condition);
}

async function compareShard(
  log: ChangeLog,
  model: ModelLog,
  { index, shard, after, limitBytes }: { index: string; shard: number; after: number; limitBytes: number },
): Promise<void> {
  const known = model.indexes.get(index);
  if (known === undefined) return;
  const seen = await readShard(log, { index, incarnation: known.incarnation }, { shard, after, limitBytes });
  const expected = [...known.entries]
    .filter(([id, entry]) => shardOf(id, known.settings.shards) === shard && entry.sequence > after)
    .map(([id, entry]) => ({ id, ...entry }))
    .sort((a, b) => a.sequence - b.sequence);
  expect(seen).toEqual(expected);
}

async function compareAll(log: ChangeLog, model: ModelLog): Promise<void> {
  expect(await log.head()).toBe(model.head);
  for (const [index, { entries, settings }] of model.indexes) {
    for (let shard = 0; shard < settings.shards; shard++) {
      await compareShard(log, model, { index, shard, after: 0, limitBytes: 200 });
    }
    for (const id of ids) {
      const entry = entries.get(id);
      const stored = await log.get(index, id);
      if (entry === undefined || entry.source === null) expect(stored).toBeUndefined();
      else
        expect([stored?.version, Buffer.from(stored?.source ?? []).toString()]).toEqual([entry.sequence, entry.source]);
    }
  }
}
