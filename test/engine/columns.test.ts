import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ShardResult } from "../../src/engine/shard-search.ts";
import type { ShardFacet } from "../../src/protocol/link.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { planFacets, planSort } from "../../src/query/columns.ts";
import { planFilter } from "../../src/query/filter.ts";
import { type ColumnName, columnTypes, columnValues, filters, sorts } from "../support/column-documents.ts";
import { countValues, inOrder, passes, rankCounts, sortValue } from "../support/column-oracle.ts";
import { ChanceShard, type TestChange, type TestDocument, testSettings } from "./layout.ts";
import { naiveSearch } from "./oracle.ts";

const words = ["ash", "bee", "cat"];
const text = fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((list) => list.join(" "));
const change: fc.Arbitrary<TestChange> = fc
  .record({ id: fc.nat(60).map((n) => `d${n}`), title: text, body: text, values: columnValues, deleted: fc.nat(6) })
  .map(({ deleted, values, ...document }) => ({
    id: document.id,
    document: deleted === 0 ? undefined : { ...document, ...values },
  }));
const batches = fc.array(fc.array(change, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 });
const request = fc.record({
  terms: fc.uniqueArray(fc.constantFrom(...words), { maxLength: 3 }),
  required: fc.boolean(),
  filter: fc.option(filters, { nil: undefined }),
  sort: fc.option(sorts, { nil: undefined }),
  top: fc.constantFrom<number[]>(0, 1, 4, 1000),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

const names = Object.keys(columnTypes).filter((name): name is ColumnName => name in columnTypes);

function planOf({ terms, required, filter, sort, top }: Request): Plan {
  const planned = {
    filter: filter && planFilter(filter, testSettings),
    sort: sort && planSort(sort, testSettings),
  };
  return {
    index: "test",
    incarnation: 1,
    epoch: "1",
    bm25: testSettings.bm25,
    fieldBoosts: [2, 1],
    averageLengths: [1.5, 1.25],
    clauses: terms.map((term, i) => ({
      occur: required ? "required" : "optional",
      terms: [{ term, weight: 1 / (i + 1) }],
    })),
    matchAtLeast: terms.length > 0 && !required ? 1 : 0,
    top,
    facets: planFacets(names, testSettings),
    ...(planned.filter && { filter: planned.filter }),
    ...(planned.sort && { sort: planned.sort }),
  };
}

type Found = { document: TestDocument; score: number };

/** Every match in order, as a person with a pencil would find them. */
function naiveMatches(documents: readonly TestDocument[], plan: Plan, { filter, sort }: Request): Found[] {
  const { filter: _filter, sort: _sort, ...plain } = plan;
  const byId = new Map(documents.map((document) => [document.id, document]));
  const found = naiveSearch(documents, { ...plain, top: 1e6 }).hits.flatMap(({ id, score }) => {
    const document = byId.get(id);
    return document !== undefined && (filter === undefined || passes(document, filter)) ? [{ document, score }] : [];
  });
  return inOrder(found, sort ?? ["_score"]);
}

function living(history: readonly (readonly TestChange[])[]): TestDocument[] {
  const documents = new Map<string, TestDocument | undefined>();
  for (const { id, document } of history.flat()) documents.set(id, document);
  return [...documents.values()].flatMap((document) => document ?? []);
}

function laidOut(history: readonly (readonly TestChange[])[], seed: number): ChanceShard {
  const shard = new ChanceShard(seed);
  for (const batch of history) shard.apply(batch);
  return shard;
}

function search(shard: ChanceShard, plan: Plan): ShardResult {
  const running = shard.shard.prepare(plan);
  while (!running.step(() => true));
  return running.finish();
}

/** A column's value as the engine keeps it. */
function kept(value: string | number | boolean | null): string | number | null {
  return typeof value === "boolean" ? Number(value) : value;
}

function expectedHits(found: readonly Found[], { sort }: Request, isSorted: boolean) {
  return found.map((each) => {
    const hit = { id: each.document.id, score: each.score };
    return isSorted ? { ...hit, sort: (sort ?? []).map((key) => kept(sortValue(each, key))) } : hit;
  });
}

function facetCounts({ values, ...rest }: ShardFacet) {
  return { ...rest, counts: new Map(values) };
}

describe("columns", () => {
  test("filter, order and count as a walk over all documents does, in whatever pieces they lie", () => {
    fc.assert(
      fc.property(batches, fc.array(request, { minLength: 3, maxLength: 3 }), fc.nat(), (history, requests, seed) => {
        const documents = living(history);
        const shard = laidOut(history, seed);
        for (const asked of requests) {
          const plan = planOf(asked);
          const found = naiveMatches(documents, plan, asked);
          const { hits, total, totalExact, facets } = search(shard, plan);
          expect({ total, totalExact }).toEqual({ total: found.length, totalExact: true });
          expect(hits).toEqual(expectedHits(found.slice(0, plan.top), asked, plan.sort !== undefined));
          const matches = found.map(({ document }) => document);
          expect(facets?.map(facetCounts)).toEqual(
            names.map((name) => {
              const { counts, missing } = countValues(matches, name);
              const keptCounts = new Map([...counts].map(([value, count]) => [kept(value), count]));
              return { missing, rest: 0, error: 0, counts: keptCounts };
            }),
          );
        }
      }),
      { seed: 21, numRuns: 150 },
    );
  });

  test("go on after any hit in any order, without gap or repetition", () => {
    fc.assert(
      fc.property(batches, request, fc.nat(), (history, asked, seed) => {
        const shard = laidOut(history, seed);
        const plan = planOf({ ...asked, top: 4 });
        const walked: string[] = [];
        for (let after: Plan["after"]; ; ) {
          const { hits, total } = search(shard, after === undefined ? plan : { ...plan, after });
          walked.push(...hits.map(({ id }) => id));
          expect(walked.length).toBeLessThanOrEqual(total);
          after = hits.at(-1);
          if (after === undefined) {
            expect(walked.length).toBe(total);
            break;
          }
        }
        expect(walked).toEqual(naiveMatches(living(history), plan, asked).map(({ document }) => document.id));
      }),
      { seed: 22, numRuns: 120 },
    );
  });

  test("find the same after a segment was asked before, many times and with other filters", () => {
    fc.assert(
      fc.property(batches, fc.array(filters, { minLength: 12, maxLength: 12 }), fc.nat(), (history, asked, seed) => {
        const documents = living(history);
        const shard = laidOut(history, seed);
        for (const filter of [...asked, ...asked.toReversed(), ...asked]) {
          const plan = planOf({ terms: [], required: false, filter, sort: undefined, top: 0 });
          const expected = documents.filter((document) => passes(document, filter)).length;
          expect(search(shard, plan).total).toBe(expected);
        }
      }),
      { seed: 23, numRuns: 30 },
    );
  });

  test("are searched as they are by now, between one batch and the next", () => {
    fc.assert(
      fc.property(batches, fc.array(request, { minLength: 2, maxLength: 2 }), fc.nat(), (history, requests, seed) => {
        const shard = new ChanceShard(seed);
        for (const [i, batch] of history.entries()) {
          shard.apply(batch);
          const documents = living(history.slice(0, i + 1));
          for (const asked of requests) {
            const plan = planOf(asked);
            const found = naiveMatches(documents, plan, asked);
            expect(search(shard, plan).hits).toEqual(
              expectedHits(found.slice(0, plan.top), asked, plan.sort !== undefined),
            );
          }
        }
      }),
      { seed: 24, numRuns: 60 },
    );
  });
});

const many = Array.from({ length: 6000 }, (_, i): TestDocument => {
  const rare = `v${String(i).padStart(5, "0")}`;
  return { id: `d${i}`, title: "fox", body: "", category: i % 3 === 0 ? ["often", rare] : rare, year: i % 5 };
});

describe("a shard's facets", () => {
  const shard = new ChanceShard(1);
  for (let from = 0; from < many.length; from += 1500) {
    shard.apply(many.slice(from, from + 1500).map((document) => ({ id: document.id, document })));
  }
  const plan: Plan = {
    ...planOf({ terms: ["fox"], required: false, filter: undefined, sort: undefined, top: 3 }),
    facets: [
      { field: "category", size: 10 },
      { field: "year", size: 3 },
    ],
  };
  const truth = (name: ColumnName) => countValues(many, name).counts;

  test("tell the highest counts of many values, and bound the others", () => {
    const [category, year] = search(shard, plan).facets ?? [];
    expect(category?.values.length).toBe(1000);
    expect(category).toMatchObject({ missing: 0, rest: 1, error: 0 });
    const ranked = rankCounts(truth("category")).slice(0, 1000);
    expect(new Map(category?.values)).toEqual(new Map(ranked.map(([value, count]) => [kept(value), count])));
    expect(new Map(year?.values)).toEqual(new Map([0, 1, 2, 3, 4].map((value) => [value, 1200])));
    expect(year).toMatchObject({ missing: 0, rest: 0, error: 0 });
  });

  test("bound what a stopped search did not count, whenever it is stopped", () => {
    const whole = search(shard, plan);
    let truncated = 0;
    for (let turns = 0, done = false; !done; turns++) {
      const stopped = shard.shard.prepare(plan);
      for (let turn = 0; turn < turns && !stopped.step(() => true); turn++);
      const { facets = [], outcome, documents, documentsTotal, total, totalExact } = stopped.finish();
      expect(totalExact).toBe(documents === documentsTotal);
      if (totalExact) expect(total).toBe(whole.total);
      done = outcome === "complete";
      for (const [i, name] of (["category", "year"] as const).entries()) {
        const { values, rest, error } = facets[i] ?? { values: [], rest: 0, error: 0 };
        const counted = new Map(values);
        for (const [value, count] of truth(name)) {
          const told = counted.get(Number.isFinite(value) ? Number(value) : String(value));
          if (told === undefined) expect(count).toBeLessThanOrEqual(rest);
          else expect(count - told).toBeLessThanOrEqual(error);
          if (told !== undefined) expect(told).toBeLessThanOrEqual(count);
        }
        if (done) expect(error).toBe(0);
      }
      if (outcome === "truncated") truncated++;
    }
    expect(truncated).toBeGreaterThan(1);
  });

  test("list the lesser of values with as many, or say that others may have more, whenever they are stopped", () => {
    const one = new ChanceShard(1);
    const category = Array.from({ length: 3000 }, (_, i) => `v${(i * 7) % 3000}`);
    one.apply([{ id: "a", document: { id: "a", title: "fox", body: "", category } }]);
    const running = one.shard.prepare(plan);
    let lists = 0;
    for (let turns = 0, done = false; !done; turns++) {
      const stopped = one.shard.prepare(plan);
      for (let turn = 0; turn < turns && !stopped.step(() => true); turn++);
      const { values = [], rest = 0 } = stopped.finish().facets?.[0] ?? {};
      done = running.step(() => true);
      if (values.length > 0 && rest === 1) {
        lists++;
        expect(values.map(([value]) => value).sort()).toEqual(category.toSorted().slice(0, values.length));
      }
    }
    expect(lists).toBeGreaterThan(0);
  });
});

describe("a plan that does not fit the columns", () => {
  const shard = new ChanceShard(5);
  const base = planOf({ terms: [], required: false, filter: undefined, sort: undefined, top: 1 });
  const sort = [{ field: "year", descending: false }];
  test.each<[string, Partial<Plan>]>([
    ["a filter on a text field", { filter: { kind: "in", field: "title", values: ["x"] } }],
    ["a string among numbers", { filter: { kind: "in", field: "year", values: ["x"] } }],
    ["a number among strings", { filter: { kind: "not", of: { kind: "range", field: "category", gte: 1 } } }],
    ["a facet of an unknown field", { facets: [{ field: "nowhere", size: 1 }] }],
    ["an order by a text field", { sort: [{ field: "title", descending: false }] }],
    ["a hit to follow without values", { sort, after: { id: "a", score: 0 } }],
    ["a hit to follow with values of another kind", { sort, after: { id: "a", score: 0, sort: ["x"] } }],
  ])("is refused: %s", (_what, part) => {
    expect(() => shard.shard.prepare({ ...base, ...part })).toThrow(expect.objectContaining({ code: "invalid_query" }));
  });
});
